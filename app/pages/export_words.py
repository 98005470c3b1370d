"""The words of the table that a person takes along: what the tables and fields of the database are called in it."""

from app import i18n


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: The head of the table.
HEAD = (_("what it is"), _("number"), _("which fact"), _("what is kept"))
#: What a row is about, by table.
TABLE = {
    "asset": _("the entry"),
    "consent": _("consent given"),
    "activity": _("what happened"),
    "connection": _("connected with something"),
    "photo": _("photo"),
    "suggestion": _("suggestion about it"),
    "change": _("change in the history"),
    "personal_link": _("personal link"),
    "mail": _("mail about it"),
    "relay_address": _("address for messages"),
    "relay_message": _("message of a neighbour"),
    "review": _("question whether all is still right"),
    "lookup": _("somebody looked"),
}
#: What a field holds, by its name in the database; another field keeps its own name, with spaces.
FIELD = {
    "id": _("number in this file"),
    "community_id": _("number of the community"),
    "kind": _("sort"),
    "title": _("title"),
    "description": _("in own words"),
    "themes": _("what it is about"),
    "gifts": _("gifts of head, heart and hands"),
    "state": _("state now"),
    "started_on": _("began on"),
    "ended_on": _("ended on"),
    "placement": _("how precise the place is"),
    "area_id": _("number of the neighbourhood"),
    "street_id": _("number of the street"),
    "geom": _("place in coordinates"),
    "rhythm": _("when it is"),
    "open_to_newcomers": _("newcomers are welcome"),
    "resident_run": _("run by residents"),
    "member_count": _("number of members"),
    "language": _("language of the words"),
    "active_on": _("days on which it is active"),
    "fresh_on": _("days on which it is fresh"),
    "source": _("where it came from"),
    "source_key": _("number where it came from"),
    "version": _("version of the entry"),
    "created_at": _("made at"),
    "changed_at": _("changed at"),
    "created_by": _("made by"),
    "recurrence": _("how it comes back"),
    "recurrence_start": _("first time"),
    "recurrence_minutes": _("how many minutes it lasts"),
    "wheelchair_accessible": _("can be entered with a wheelchair"),
    "asset_id": _("number of the entry"),
    "audience": _("who may see it"),
    "wording_version": _("version of the question"),
    "wording": _("the question as it was read out"),
    "given_on": _("said on"),
    "expires_on": _("holds until"),
    "recorded_by": _("written down by"),
    "recorded_at": _("written down at"),
    "withdrawn_at": _("withdrawn at"),
    "held_on": _("day"),
    "participants": _("number of people"),
    "note": _("remark"),
    "hours": _("hours"),
    "from_id": _("from entry number"),
    "to_id": _("to entry number"),
    "since": _("since day"),
    "key": _("name of the picture file"),
    "suggestion_id": _("number of the suggestion"),
    "alt": _("what is on the picture"),
    "width": _("width in pixels"),
    "height": _("height in pixels"),
    "small_width": _("width of the small picture"),
    "small_height": _("height of the small picture"),
    "digest": _("fingerprint of the file"),
    "was_of": _("was a photo of entry number"),
    "put_away_at": _("put away at"),
    "made_on": _("made on version"),
    "draft": _("what was proposed"),
    "suggested_by": _("proposed by"),
    "decided_at": _("decided at"),
    "decided_by": _("decided by"),
    "answer": _("reply that was given"),
    "reason": _("reason given"),
    "subject": _("about what"),
    "subject_id": _("number of what it is about"),
    "action": _("what was done"),
    "by": _("done by"),
    "before": _("as it was before"),
    "after": _("as it was after"),
    "about": _("numbers of entries it is about"),
    "undoes": _("undoes change number"),
    "replaced_at": _("replaced at"),
    "given_up_at": _("given up at"),
    "asked_on": _("asked on"),
    "asked": _("times asked"),
    "confirmed_at": _("confirmed at"),
    "email": _("e-mail address of the person"),
    "reported_at": _("reported at"),
    "consent_id": _("number of the consent"),
    "step": _("which question"),
    "asked_at": _("asked at"),
    "at": _("moment"),
    "role": _("role of who looked"),
    "what": _("what was looked at"),
    "signs": _("signs of what it is"),
    "quarter": _("quarter of an hour"),
}


def named(speaker: i18n.Translator) -> dict[str, str]:
    """Names of tables and fields in the language of the visitor, as `personal_export.as_csv` takes them."""
    tables = {f"{name}.": speaker.gettext(word) for name, word in TABLE.items()}
    fields = {name: speaker.gettext(word) for name, word in FIELD.items()}
    return {**tables, **fields}


def head(speaker: i18n.Translator) -> list[str]:
    """The head of the table in that language."""
    return [speaker.gettext(word) for word in HEAD]
