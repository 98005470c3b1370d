"""The words of the domain, as enums whose values stand in the database, the API and files.

Source: docs/glossary.md. A word is added here and in a migration (the database checks the same lists).
"""

from enum import StrEnum


class AreaKind(StrEnum):
    """Level of an area; in the Netherlands gemeente, wijk and buurt."""

    municipality = "municipality"
    district = "district"
    neighbourhood = "neighbourhood"


class AssetKind(StrEnum):
    """What an asset is."""

    person = "person"
    club = "club"
    meeting_place = "meeting_place"
    street_initiative = "street_initiative"
    institution = "institution"
    exchange = "exchange"
    story = "story"


class Theme(StrEnum):
    """What an asset is about."""

    litter = "litter"
    greenery = "greenery"
    meeting = "meeting"
    children = "children"
    care = "care"
    culture = "culture"
    mobility = "mobility"
    sharing = "sharing"


class GiftOf(StrEnum):
    """Where a gift comes from: hoofd, hart or handen."""

    head = "head"
    heart = "heart"
    hands = "hands"


class AssetState(StrEnum):
    """Where an entry is in its life: waiting for a builder, on the map, or taken off it."""

    suggested = "suggested"
    published = "published"
    retired = "retired"


class Placement(StrEnum):
    """How precisely a place is stored: exact for things, generalised for persons."""

    exact = "exact"
    street = "street"
    neighbourhood = "neighbourhood"
    none = "none"


class StreetState(StrEnum):
    """State of a street part for a theme on a date (docs/glossary.md, Carried)."""

    carried = "carried"
    partly = "partly"
    asked = "asked"
    unasked = "unasked"


class Initiative(StrEnum):
    """Filter on street parts: without (none) or with (any) an active initiative."""

    none = "none"
    any = "any"


class MeasuredBy(StrEnum):
    """What a share of what meeting places reach is counted in (docs/glossary.md, Meeting places)."""

    addresses = "addresses"
    metres = "metres"


class ActivityKind(StrEnum):
    """Something that happened, or someone who said that it is still there."""

    activity = "activity"
    confirmation = "confirmation"


class ConnectionKind(StrEnum):
    """What one asset is to another, told from the first to the second."""

    member_of = "member_of"
    meets_at = "meets_at"
    organises = "organises"
    helps = "helps"


class Audience(StrEnum):
    """Who may see an entry about a person."""

    public = "public"
    community = "community"
    builders = "builders"


class SecondFactorKind(StrEnum):
    """With what someone shows a second time who they are."""

    app = "app"
    passkey = "passkey"
    paper = "paper"


class Freshness(StrEnum):
    """How recently an entry was heard of, against the window of its kind."""

    fresh = "fresh"
    ageing = "ageing"
    faded = "faded"


class LitterKind(StrEnum):
    """Size of the pieces that are counted: from 10 cm on they are coarse."""

    coarse = "coarse"
    fine = "fine"


class LitterLevel(StrEnum):
    """How clean a place is, from best to worst, in the letters of the method of CROW."""

    a_plus = "A+"
    a = "A"
    b = "B"
    c = "C"
    d = "D"


class MunicipalAnswer(StrEnum):
    """What the municipality does with a street part (docs/glossary.md, Four answers)."""

    thank_and_supply = "thank_and_supply"
    leave = "leave"
    support_quietly = "support_quietly"
    extra_cleaning_and_invitation = "extra_cleaning_and_invitation"


class PlanReason(StrEnum):
    """Why the hours of a street differ from those of an earlier day (docs/glossary.md, Plan from the average)."""

    initiative_began = "initiative_began"
    initiative_ended = "initiative_ended"
    more_care = "more_care"
    less_care = "less_care"
    first_measurement = "first_measurement"
    measurement_expired = "measurement_expired"
    measured_cleaner = "measured_cleaner"
    measured_less_clean = "measured_less_clean"
    level_rose = "level_rose"
    level_fell = "level_fell"


class SuggestionKind(StrEnum):
    """What someone suggests: a new entry, other values, or a word about one that is there."""

    new = "new"
    change = "change"
    confirm = "confirm"
    changed = "changed"
    gone = "gone"
    report = "report"


class ReportReason(StrEnum):
    """Why someone reports an entry."""

    wrong = "wrong"
    private = "private"
    offensive = "offensive"
    other = "other"


class SuggestionState(StrEnum):
    """Whether a builder has decided on a suggestion; one that is withdrawn is deleted."""

    open = "open"
    accepted = "accepted"
    refused = "refused"


class LookupKind(StrEnum):
    """What somebody looked at beyond the public map."""

    plan = "plan"
    streets = "streets"
    person = "person"
    export = "export"


class Shared(StrEnum):
    """What a community may share with the municipality beyond the public map (docs/glossary.md, Sharing)."""

    street_states = "street_states"
    activity_counts = "activity_counts"
    conversations = "conversations"
    contact = "contact"


class Role(StrEnum):
    """Who someone is to a community, from least to most."""

    visitor = "visitor"
    member = "member"
    builder = "builder"
    steward = "steward"
    analyst = "analyst"
    admin = "admin"


#: Months within which an entry is fresh; after twice as many it has faded (domain rule Freshness).
FRESH_MONTHS: dict[AssetKind, int] = {
    AssetKind.street_initiative: 6,
    AssetKind.person: 12,
    AssetKind.exchange: 12,
    AssetKind.club: 18,
    AssetKind.institution: 18,
    AssetKind.meeting_place: 36,
    AssetKind.story: 36,
}

#: Everything that people make together, and where they meet.
_TOGETHER = frozenset(AssetKind) - {AssetKind.person, AssetKind.story}
#: For each kind of connection the kinds of asset it may come from and may lead to (domain rule Connections).
#: None leads to a person: nobody is shown as someone who is helped or owned. A person meets nowhere: where
#: someone can be found at a fixed hour is not told.
CONNECTS: dict[ConnectionKind, tuple[frozenset[AssetKind], frozenset[AssetKind]]] = {
    ConnectionKind.member_of: (frozenset(AssetKind), _TOGETHER),
    ConnectionKind.meets_at: (
        _TOGETHER - {AssetKind.meeting_place},
        frozenset({AssetKind.meeting_place, AssetKind.institution}),
    ),
    ConnectionKind.organises: (
        (_TOGETHER | {AssetKind.person}) - {AssetKind.exchange},
        _TOGETHER - {AssetKind.institution},
    ),
    ConnectionKind.helps: (_TOGETHER | {AssetKind.person}, _TOGETHER),
}
#: One asset has at most this many connections: a page about it stays a page.
MOST_CONNECTIONS = 500
#: Metres in a straight line within which something is offered to connect with.
CONNECT_REACH_M = 500.0

#: A stretch is everything of its street within this distance of the line drawn, in metres (domain rule Stretch).
STRETCH_REACH_M = 25.0
#: From this share of its length on, a street part is carried (domain rule Carried).
CARRIED_SHARE = 0.5
#: A conversation counts as having asked for this many months (domain rule Carried).
ASKED_MONTHS = 12
#: Pieces of one street name further apart than this are two streets, in metres (domain rule Identity of a street).
STREET_GAP_M = 1000.0
#: Metres within which ends and vertices of lines are one node of the street graph.
SNAP_M = 0.5

#: The newest measurement of a street part counts for this many months (domain rule Measured level).
MEASURED_MONTHS = 12
#: Weeks of recorded activities that make the care of residents (domain rule Plan from the average).
CARE_WEEKS = 13
#: A counted box belongs to the nearest street within this distance, in metres.
MEASURED_REACH_M = 50.0
#: Counts about people below this are never told (domain rule People come first).
FEWEST_PEOPLE = 5
#: A suggestion is kept for so many days: without a decision, and after one.
SUGGESTION_DAYS = 30
#: One visitor sends at most so many suggestions in an hour.
SUGGESTIONS_AN_HOUR = 20
#: A consent of a person holds for this many years (domain, People come first, rule 2).
CONSENT_YEARS = 2
#: The entry of a person whom nobody asked is a draft: erased after so many days.
UNASKED_DAYS = 90
#: The entry of a person who withdrew, or let their consent run out, is erased after so many days.
CLOSED_DAYS = 365
#: Metres along streets within which the nearest carried street part is looked for (domain rule Growth edge).
GROWTH_REACH_M = 5000.0
#: Metres around a street part, in a straight line, of which is told what lives there (domain rule Growth edge).
NEAR_M = 200.0
