"""The part of a form that connects an entry with others: what is nearby, what it has already, and one by its link.

Whoever shows `_connection_fields.html` (with the style pages/connect.css) does three things:

    fields.context(session, speaker, own=kind, shape=wkb, asset_id=None, ...)   what the template needs, as `connect`
    fields.read(form, own, session)                                             what was chosen, and its faults
    connections.store(session, asset_id, chosen.wishes, by=viewer, was=chosen.was)

Each entry that is offered has one choice list, whose values are written as `meets_at:12` (assets/connections.py), so
that it all works without script. With script (vuurtoren/connect) others are found by their title.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app import i18n, words
from app.parameters import LAST_ID, today
from assets import connections, inventory
from assets.connections import Group, Known, Tie, Wish
from assets.permissions import Viewer
from assets.vocabulary import AssetKind

#: Names of the fields.
CHOSEN, WAS, OTHER, OTHER_TIE = "connection", "connection_was", "connection_other", "connection_other_tie"
FIELDS = (CHOSEN, WAS, OTHER, OTHER_TIE)
#: A number, or the address of a page that ends in one.
NUMBER = re.compile(r"(?:\S*/assets/|\S*[?&]asset=)?([1-9]\d{0,17})(?:[/?#&]\S*)?", re.ASCII)


class Form(Protocol):
    """A form that was sent, as Starlette's or our own."""

    def getlist(self, key: str, /) -> Sequence[Any]:
        """Every value of a field."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen.

    Attributes:
        wishes: every connection that the form showed or was told of and that is wanted.
        was: those that the entry had when the form was shown.
        faults: sentences by name of the field, in the language of the page.
        other: what was typed as a link, and `other_tie` what it was said to be.
    """

    wishes: tuple[Wish, ...] = ()
    was: tuple[Wish, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    other: str = ""
    other_tie: str = ""


@dataclass(frozen=True)
class Row:
    """One entry to connect with: its choice list, and what is chosen in it."""

    id: int
    kind: AssetKind
    title: str
    language: str
    away: str | None
    options: tuple[tuple[str, str], ...]
    chosen: str
    was: str


def texts(form: Form, name: str) -> list[str]:
    """The values of a field that are text."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def _known(session: Session, ids: set[int], viewer: Viewer | None) -> dict[int, Known]:
    """What is known of entries that were named, as far as the viewer may see them."""
    there = connections.known(session, ids, archive=viewer is not None)
    seen = set(there) if viewer is None else inventory.visible(session, viewer, there)
    return {number: one for number, one in there.items() if number in seen}


def read(
    form: Form, own: AssetKind, session: Session, speaker: i18n.Translator, *, viewer: Viewer | None = None
) -> Chosen:
    """What was chosen for an entry of this kind; a fault where it cannot be.

    Args:
        form: as it was sent.
        own: the kind of the entry that is connected.
        session: as the public role, unless `viewer`.
        speaker: of the page.
        viewer: who may mean entries that are not public, those of their community; for builders.
    """
    wishes, was = (
        dict.fromkeys(one for text in texts(form, name)[:100] if (one := connections.wish(text)) is not None)
        for name in (CHOSEN, WAS)
    )
    other = "".join(texts(form, OTHER)[:1]).strip()[:500]
    other_tie = "".join(texts(form, OTHER_TIE)[:1])[:40]
    faults: dict[str, str] = {}
    if other:
        found = NUMBER.fullmatch(other)
        tie = connections.wish(f"{other_tie}:1")
        if found is None or int(found[1]) > LAST_ID:
            faults[OTHER] = speaker.gettext("This is no link to something on this map. Copy the link of its page.")
        elif tie is None:
            faults[OTHER_TIE] = speaker.gettext("Choose how the two belong together.")
        else:
            wishes[Wish(tie.tie, int(found[1]))] = None
    there = _known(session, {one.other_id for one in wishes}, viewer)
    for one in list(wishes):
        kind = there[one.other_id].kind if one.other_id in there else None
        if kind is not None and one.tie in connections.ties(own, kind):
            continue
        if one in was:
            continue  # it stays as it is, whatever became of the other
        del wishes[one]
        if other and one.other_id == _number(other):
            faults[OTHER] = (
                speaker.gettext("There is nothing on this map with this link.")
                if kind is None
                else speaker.gettext("These two cannot belong together this way.")
            )
        else:
            faults.setdefault(CHOSEN, speaker.gettext("One of these cannot be connected any more. Choose again."))
    return Chosen(tuple(wishes), tuple(was), faults, other, other_tie)


def _number(text: str) -> int | None:
    found = NUMBER.fullmatch(text)
    return None if found is None else int(found[1])


def context(
    session: Session,
    speaker: i18n.Translator,
    *,
    own: AssetKind,
    shape: bytes | None,
    asset_id: int | None = None,
    chosen: Chosen | None = None,
    viewer: Viewer | None = None,
) -> dict[str, Any]:
    """What the template needs, under the name `connect`.

    Args:
        session: as the public role, unless `viewer`.
        speaker: of the page.
        own: the kind of the entry.
        shape: its place (WKB, storage CRS) to look around; None offers nothing nearby.
        asset_id: the entry itself, when it is there already.
        chosen: what was sent, when the form is shown again.
        viewer: who sees what is not public as well; for builders.
    """
    has: list[Group] = []
    if asset_id is not None:
        has = connections.of_asset(session, asset_id, on=today(), archive=viewer is not None)
    rows = {Wish(group.tie, end.asset_id): end for group in has for end in group.ends}
    was = list(rows) if chosen is None else list(chosen.was)
    wanted = was if chosen is None else list(chosen.wishes)
    every = dict.fromkeys([*was, *wanted])
    near = connections.nearby(session, own, shape, on=today(), but=asset_id) if shape is not None else []
    away = {one.id: one.distance_m for one in near}
    there = _known(session, {one.other_id for one in every}, viewer)
    found = [
        _row(there[one.other_id], one, own, speaker, away.get(one.other_id), wanted, was)
        for one in _paired(every, was, wanted)
        if one.other_id in there
    ]
    seen = {row.id for row in found}
    found += [_row(one, None, own, speaker, one.distance_m, wanted, was) for one in near if one.id not in seen]
    ties = {kind.value: [*_options(own, kind, speaker)] for kind in AssetKind if connections.ties(own, kind)}
    kinds = {kind.value: speaker.gettext(word) for kind, word in words.KIND.items()}
    every_tie = dict.fromkeys(option for options in ties.values() for option in options)
    return {
        "rows": found,
        "faults": dict.fromkeys(FIELDS, "") | ({} if chosen is None else chosen.faults),
        "other": "" if chosen is None else chosen.other,
        "other_tie": "" if chosen is None else chosen.other_tie,
        "ties": sorted(every_tie, key=lambda option: (".inward" in option[0], option[0])),
        "script": json.dumps({"ties": ties, "own": asset_id, "kinds": kinds}),
    }


def _paired(every: Iterable[Wish], was: Collection[Wish], wanted: Collection[Wish]) -> list[Wish]:
    """One wish for each choice list: where a list was changed, what it was and what it is stand in one."""
    kept = [one for one in every if one in wanted]
    gone = [one for one in every if one in was and one not in wanted]
    changed = {one.other_id for one in kept if one not in was}
    return [*kept, *(one for one in gone if one.other_id not in changed)]


def _row(
    end: connections.Known | connections.Near,
    one: Wish | None,
    own: AssetKind,
    speaker: i18n.Translator,
    distance_m: float | None,
    wanted: Collection[Wish],
    was: Collection[Wish],
) -> Row:
    before = one if one in was else next((w for w in was if w.other_id == end.id and w not in wanted), None)
    options = _options(own, end.kind, speaker)
    if one is not None and str(one) not in {f"{value}:{end.id}" for value, _ in options}:
        options = (*options, (str(one.tie), speaker.gettext(words.CONNECTION[(one.tie.kind, one.tie.inward)])))
    away = None if distance_m is None else speaker.number(max(10, round(distance_m, -1)))
    return Row(
        end.id,
        end.kind,
        end.title,
        end.language,
        away,
        tuple((f"{value}:{end.id}", text) for value, text in options),
        str(one) if one is not None and one in wanted else "",
        "" if before is None else str(before),
    )


def _options(own: AssetKind, other: AssetKind, speaker: i18n.Translator) -> tuple[tuple[str, str], ...]:
    def word(tie: Tie) -> str:
        return speaker.gettext(words.CONNECTION[(tie.kind, tie.inward)])

    return tuple((str(tie), word(tie)) for tie in connections.ties(own, other))
