"""The words on screen for kinds, themes, states and freshness (docs/glossary.md), in the visitor's language.

English message ids stand here as literals, so that they are found by extraction and by tests/pages.
"""

from assets.permissions import Permission
from assets.vocabulary import (
    AreaKind,
    AssetKind,
    Audience,
    ConnectionKind,
    Freshness,
    GiftOf,
    Initiative,
    LitterLevel,
    MunicipalAnswer,
    PlanReason,
    ReportReason,
    Role,
    Shared,
    StreetState,
    SuggestionKind,
    Theme,
)


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: One thing of a kind, as in a line below a title.
KIND: dict[AssetKind, str] = {
    AssetKind.person: _("neighbour with a talent"),
    AssetKind.club: _("club"),
    AssetKind.meeting_place: _("meeting place"),
    AssetKind.street_initiative: _("street initiative"),
    AssetKind.institution: _("institution"),
    AssetKind.exchange: _("exchange and trade"),
    AssetKind.story: _("story"),
}

#: Many of a kind, as in the legend.
KINDS: dict[AssetKind, str] = {
    AssetKind.person: _("People"),
    AssetKind.club: _("Clubs"),
    AssetKind.meeting_place: _("Places"),
    AssetKind.street_initiative: _("Streets"),
    AssetKind.institution: _("Institutions"),
    AssetKind.exchange: _("Exchange"),
    AssetKind.story: _("Stories"),
}

#: Many of a kind, below their number in the profile of an area.
KINDS_OF_AREA: dict[AssetKind, str] = {
    AssetKind.person: _("neighbours with a talent"),
    AssetKind.club: _("clubs"),
    AssetKind.meeting_place: _("meeting places"),
    AssetKind.street_initiative: _("street initiatives"),
    AssetKind.institution: _("institutions"),
    AssetKind.exchange: _("exchange and trade"),
    AssetKind.story: _("stories"),
}

#: Who someone is to a community.
ROLE: dict[Role, str] = {
    Role.visitor: _("visitor"),
    Role.member: _("resident"),
    Role.builder: _("community builder"),
    Role.steward: _("steward"),
    Role.analyst: _("analyst of the municipality"),
    Role.admin: _("operator of this map"),
}

#: What an operator did, by subject and action of the history (assets/administration.py).
ADMIN_ACTION: dict[str, str] = {
    "account added": _("Added an account"),
    "account role": _("Changed the role of an account"),
    "account closed": _("Closed an account"),
    "account link": _("Made a link to sign in"),
    "account second steps": _("Took away second steps"),
    "community added": _("Added a community"),
    "community renamed": _("Gave a community another name"),
    "token made": _("Made a token"),
    "token revoked": _("Revoked a token"),
}

#: What a token was made for.
SCOPE: dict[Permission, str] = {
    Permission.activity_write: _("writing down activities"),
    Permission.ambition_write: _("setting how clean an area should be"),
    Permission.asset_write: _("putting entries on the map and changing them"),
    Permission.conversation_write: _("logging conversations"),
    Permission.measurement_write: _("writing down counts of litter"),
    Permission.plan_read: _("reading the plan"),
}

THEME: dict[Theme, str] = {
    Theme.litter: _("litter"),
    Theme.greenery: _("greenery"),
    Theme.meeting: _("meeting"),
    Theme.children: _("children"),
    Theme.care: _("care"),
    Theme.culture: _("culture"),
    Theme.mobility: _("getting around"),
    Theme.sharing: _("sharing"),
}

#: What is on the map, as the legend and the filter say it; what has faded is on no map.
FRESHNESS: dict[Freshness, str] = {
    Freshness.fresh: _("confirmed lately"),
    Freshness.ageing: _("not confirmed for a while"),
}

#: The same in the filter beside the map, where there is little room.
FRESHNESS_SHORT: dict[Freshness, str] = {
    Freshness.fresh: _("lately confirmed"),
    Freshness.ageing: _("not for a while"),
}

STATE: dict[StreetState, str] = {
    StreetState.carried: _("carried"),
    StreetState.partly: _("partly carried"),
    StreetState.asked: _("asked: no initiative known yet"),
    StreetState.unasked: _("not asked yet"),
}

#: The states beside the bar, where there is little room.
STATE_SHORT: dict[StreetState, str] = {
    StreetState.carried: _("carried"),
    StreetState.partly: _("partly carried"),
    StreetState.asked: _("asked"),
    StreetState.unasked: _("not asked yet"),
}

#: As in "Streets in Bospolder without an initiative for litter".
INITIATIVE: dict[Initiative | None, str] = {
    Initiative.none: _("without an initiative"),
    Initiative.any: _("with an initiative"),
    None: _("with and without an initiative"),
}

AREA_KIND: dict[AreaKind, str] = {
    AreaKind.municipality: _("municipality"),
    AreaKind.district: _("district"),
    AreaKind.neighbourhood: _("neighbourhood"),
}

GIFT_OF: dict[GiftOf, str] = {
    GiftOf.head: _("head"),
    GiftOf.heart: _("heart"),
    GiftOf.hands: _("hands"),
}

#: What an asset is to others, before their names; and what others are to it (`True`: inward).
CONNECTION: dict[tuple[ConnectionKind, bool], str] = {
    (ConnectionKind.member_of, False): _("belongs to"),
    (ConnectionKind.member_of, True): _("belonging to this"),
    (ConnectionKind.meets_at, False): _("meets at"),
    (ConnectionKind.meets_at, True): _("meeting here"),
    (ConnectionKind.organises, False): _("organises"),
    (ConnectionKind.organises, True): _("organised by"),
    (ConnectionKind.helps, False): _("helps"),
    (ConnectionKind.helps, True): _("helped by"),
}

#: What was counted, beside the letter of the level.
LEVEL: dict[LitterLevel, str] = {
    LitterLevel.a_plus: _("no litter"),
    LitterLevel.a: _("little litter"),
    LitterLevel.b: _("some litter"),
    LitterLevel.c: _("much litter"),
    LitterLevel.d: _("very much litter"),
}

#: What the municipality does.
ANSWER: dict[MunicipalAnswer, str] = {
    MunicipalAnswer.thank_and_supply: _("Thank neighbours and supply them"),
    MunicipalAnswer.leave: _("Leave it as it is"),
    MunicipalAnswer.support_quietly: _("Support neighbours quietly"),
    MunicipalAnswer.extra_cleaning_and_invitation: _("Clean more, and invite neighbours"),
}

#: Why the hours of a street differ from those of an earlier day.
REASON: dict[PlanReason, str] = {
    PlanReason.initiative_began: _("an initiative began here"),
    PlanReason.initiative_ended: _("an initiative stopped here"),
    PlanReason.more_care: _("neighbours did more"),
    PlanReason.less_care: _("neighbours wrote down fewer hours"),
    PlanReason.first_measurement: _("litter was counted here for the first time in a year"),
    PlanReason.measurement_expired: _("the last count is more than a year old"),
    PlanReason.measured_cleaner: _("it was measured cleaner"),
    PlanReason.measured_less_clean: _("it was measured less clean"),
    PlanReason.level_rose: _("the average level rose"),
    PlanReason.level_fell: _("the average level fell"),
}

#: What an entry is made of, in the order in which a change of it is told.
FIELD: dict[str, str] = {
    "kind": _("What it is"),
    "title": _("Name"),
    "description": _("In own words"),
    "themes": _("Themes"),
    "gifts": _("Gifts"),
    "place": _("Place"),
    "rhythm": _("When"),
    "recurrence": _("How often"),
    "started_on": _("Since"),
    "ended_on": _("No longer there since"),
    "open_to_newcomers": _("Newcomers welcome"),
    "resident_run": _("Run by residents"),
    "wheelchair_accessible": _("With a wheelchair"),
    "member_count": _("Number of people"),
    "language": _("Language"),
}

#: Who may see the entry of a person.
AUDIENCE: dict[Audience, str] = {
    Audience.builders: _("only the neighbourhood builders"),
    Audience.community: _("also the members of the community"),
    Audience.public: _("everyone"),
}

#: What a community may share with the municipality beyond the public map.
SHARED: dict[Shared, str] = {
    Shared.street_states: _("Which streets their initiatives care for, and where they asked"),
    Shared.activity_counts: _("How much neighbours do"),
    Shared.conversations: _("How many conversations there were"),
    Shared.contact: _("E-mail addresses and telephone numbers"),
}

#: The same in a line, for what stewards decide about.
SHARED_SHORT: dict[Shared, str] = {
    Shared.street_states: _("streets"),
    Shared.activity_counts: _("counts"),
    Shared.conversations: _("conversations"),
}

#: What it means for the street: on the public map, when it is shared, and when it is not.
SHARED_MEANS: dict[Shared, tuple[str, str, str]] = {
    Shared.street_states: (
        _("Everyone sees on the map for which streets neighbours care. That stays as it is."),
        _("The plan of the municipality counts this care along: it knows that neighbours care for these streets."),
        _(
            "The plan reckons as if these initiatives were not there: the streets get hours like any other."
            " Of streets around them it says “not shared”."
            " Where this community asked neighbours is told to nobody outside it, also not on the map."
        ),
    ),
    Shared.activity_counts: (
        _("Everyone sees on the map what was done, and how many took part. That stays as it is."),
        _("The plan counts the hours of neighbours along. Analysts see how many activities a street had in a year."),
        _("The plan reckons with no hours of these neighbours, and no count for the municipality holds what they did."),
    ),
    Shared.conversations: (
        _(
            "Everyone sees on the map whether neighbours of a street were asked, and when last,"
            " as long as the streets are shared."
        ),
        _("Analysts see how many conversations a street had in a year; never with whom, and never what was said."),
        _("The municipality sees no more of these conversations than everyone does."),
    ),
    Shared.contact: (
        _("No address and no number stands on the map or in a list. A message goes through a form."),
        "",
        _("Nobody of the municipality can get them here, and no steward can change that."),
    ),
}

#: The same, for what a community does not share, behind its name.
WITHHELD: dict[Shared, str] = {
    Shared.street_states: _("which streets their initiatives care for, and where they asked"),
    Shared.activity_counts: _("how much neighbours do"),
    Shared.conversations: _("how many conversations there were"),
    Shared.contact: _("e-mail addresses and telephone numbers"),
}

#: What someone suggests, above the suggestion.
SUGGESTION: dict[SuggestionKind, str] = {
    SuggestionKind.new: _("Something new"),
    SuggestionKind.change: _("A change"),
    SuggestionKind.confirm: _("Still right"),
    SuggestionKind.changed: _("Something changed"),
    SuggestionKind.gone: _("No longer there"),
    SuggestionKind.report: _("A report"),
}

#: Why someone reports an entry.
REPORT: dict[ReportReason, str] = {
    ReportReason.wrong: _("It is not right"),
    ReportReason.private: _("It tells too much about someone"),
    ReportReason.offensive: _("It is hurtful"),
    ReportReason.other: _("Something else"),
}
