"""Sharing: what a community lets the municipality see beyond the public map, set by its stewards, with the reason.

Rule: domain, People come first, rule 8. What stands on the public map is for everyone, and no setting changes it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, DateTime, ForeignKey, Text, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, history, people
from assets.base import Base, one_of
from assets.communities import Community
from assets.errors import Fault, Invalid, NotAllowed, NotFound, Stale
from assets.permissions import Permission, Viewer, require
from assets.sql import statement
from assets.vocabulary import Shared, Theme

#: What is shared when no steward said otherwise. The same list stands in sql/views/published_sharing.sql.
DEFAULTS = {
    Shared.street_states: True,
    Shared.activity_counts: True,
    Shared.conversations: False,
    Shared.contact: False,
}
#: What stewards decide about; the way to reach someone is shared with nobody.
CHOICES = (Shared.street_states, Shared.activity_counts, Shared.conversations)
MOST_REASON = 300


class Sharing(Base):
    """What the stewards of a community said of one thing; where there is no row, the default holds."""

    __tablename__ = "sharing"
    __table_args__ = (
        CheckConstraint(one_of("what", Shared), name="what"),
        CheckConstraint("what <> 'contact' OR NOT shared", name="contact"),
        CheckConstraint(f"length(reason) <= {MOST_REASON}", name="reason"),
        CheckConstraint("shared = (what IN ('street_states', 'activity_counts')) OR length(reason) > 0", name="why"),
    )

    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"), primary_key=True)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    shared: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    set_by: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass(frozen=True)
class Setting:
    """Whether a community shares one thing, and why.

    Attributes:
        reason: shown to everyone; empty where nothing else than the default was said.
        set_at: None while the default holds.
    """

    what: Shared
    shared: bool
    reason: str = ""
    set_at: datetime | None = None

    @property
    def says(self) -> tuple[bool, str]:
        """What a steward decides of it."""
        return self.shared, self.reason


@dataclass(frozen=True)
class Choice:
    """What a steward wants of one thing."""

    shared: bool
    reason: str = ""


@dataclass(frozen=True)
class Withheld:
    """One thing that a community does not share with the municipality, and why; the reason may be empty."""

    community_id: int
    slug: str
    name: str
    what: Shared
    reason: str


WITHHELD = text(
    """
    SELECT c.id, c.slug, c.name, s.what, s.reason
    FROM published_sharing AS s
    JOIN published_community AS c ON c.id = s.community_id
    WHERE NOT s.shared AND s.what = ANY (CAST(:whats AS text[]))
    ORDER BY c.name COLLATE "und-x-icu", c.id, array_position(CAST(:whats AS text[]), s.what)
    """
)


def of(session: Session, community_id: int) -> dict[Shared, Setting]:
    """What a community shares, in the order of Shared, defaults included; reading what is public is enough."""
    found = of_each(session, [community_id])
    if community_id not in found:
        raise NotFound("There is no community with the number {id}.", id=community_id)
    return found[community_id]


def of_each(session: Session, community_ids: Sequence[int]) -> dict[int, dict[Shared, Setting]]:
    """What each of these communities shares, as `of` tells it of one; those that are not there are absent."""
    rows = session.execute(
        text(
            "SELECT community_id, what, shared, reason, set_at FROM published_sharing WHERE community_id = ANY (:ids)"
        ),
        {"ids": list(community_ids)},
    )
    found: dict[int, dict[Shared, Setting]] = {}
    for row in rows:
        found.setdefault(row.community_id, {})[Shared(row.what)] = Setting(
            Shared(row.what), row.shared, row.reason, row.set_at
        )
    return {number: {what: settings[what] for what in Shared} for number, settings in found.items()}


def reaches(settings: Mapping[Shared, Setting]) -> dict[Shared, bool]:
    """What of these settings reaches the municipality: without the states of streets, no counts of them either."""
    states = settings[Shared.street_states].shared
    return {what: one.shared and (states or what is not Shared.activity_counts) for what, one in settings.items()}


def withheld(session: Session, *whats: Shared) -> tuple[Withheld, ...]:
    """Which of these things communities do not share, by name of the community; reading what is public is enough."""
    rows = session.execute(WITHHELD, {"whats": [what.value for what in whats]})
    return tuple(Withheld(row.id, row.slug, row.name, Shared(row.what), row.reason) for row in rows)


def left_out(found: Sequence[Withheld]) -> dict[str, list[int]]:
    """The binds of sql/shared_with_municipality.sql, for the switch `shared`; empty when nothing is withheld.

    Without the states of its streets nothing that the initiatives of a community do is told, so its counts neither.
    """
    states = {one.community_id for one in found if one.what is Shared.street_states}
    counts = states | {one.community_id for one in found if one.what is Shared.activity_counts}
    return {"states_withheld": sorted(states), "counts_withheld": sorted(counts)} if counts else {}


def lacking(found: Sequence[Withheld]) -> tuple[Shared, ...]:
    """Which numbers lack something by what is withheld: activity_counts (also without states), conversations."""
    whats = {one.what for one in found}
    counts = whats & {Shared.street_states, Shared.activity_counts}
    return (
        *((Shared.activity_counts,) if counts else ()),
        *((Shared.conversations,) if Shared.conversations in whats else ()),
    )


def here(
    session: Session, found: Sequence[Withheld], *, area_ids: Sequence[int], theme: Theme | None
) -> tuple[Withheld, ...]:
    """Of what is withheld, that of communities with initiatives of the theme (any when None) in these areas."""
    if not found:
        return ()
    binds = {"communities": sorted({one.community_id for one in found}), "area_ids": list(area_ids), "theme": theme}
    present = set(session.scalars(statement("withheld_here"), binds))
    return tuple(one for one in found if one.community_id in present)


def present(session: Session, found: Sequence[Withheld], *, area_ids: Sequence[int] | None) -> tuple[Withheld, ...]:
    """Of what is withheld, that of communities with a public entry in these areas, or with a stretch that reaches them.

    Everywhere when None. A person is no such entry: whoever comes or withdraws changes nothing of what is said.
    """
    binds = {"communities": sorted({one.community_id for one in found}), "area_ids": area_ids and list(area_ids)}
    ids = set(session.scalars(statement("communities_here"), binds)) if found else set()
    if area_ids is not None:
        ids |= {one.community_id for one in here(session, found, area_ids=area_ids, theme=None)}
    return tuple(one for one in found if one.community_id in ids)


def not_told(session: Session, found: Sequence[Withheld], codes: Collection[str]) -> set[str]:
    """Of the areas with these codes those in which a community of `found` withholds the states of its streets.

    Of a street there that no community cares for, as far as is shared, the state is not known: it may be carried, or
    its neighbours may have been asked. Reading what is public is enough.
    """
    communities = sorted({one.community_id for one in found if one.what is Shared.street_states})
    if not communities:
        return set()
    return set(session.scalars(statement("states_withheld_areas"), {"communities": communities, "codes": list(codes)}))


def untold(session: Session, code: str | None) -> bool:
    """Whether a community with something in this area (anywhere when None) does not tell where it asked neighbours."""
    found = withheld(session, Shared.street_states)
    area_ids = areas.ids_within(session, code) if found and code is not None else None
    return bool(present(session, found, area_ids=area_ids))


def version(session: Session, community_id: int) -> int:
    """The number of the newest change of what a community shares; 0 before the first. Asked with the owner's role."""
    newest = select(func.max(history.Change.id)).where(
        history.Change.subject == "sharing", history.Change.subject_id == community_id
    )
    return session.scalar(newest) or 0


@dataclass(frozen=True)
class Chosen:
    """One change in the past: who chose what, when and why."""

    by: str
    at: datetime
    what: Shared
    shared: bool
    reason: str


def chosen_before(session: Session, community_id: int, *, after: int = 0, limit: int = 20) -> list[Chosen]:
    """Changes of what a community shares, newest first; `after` is a `version`. For the people of the community."""
    query = select(history.Change).where(
        history.Change.subject == "sharing", history.Change.subject_id == community_id, history.Change.id > after
    )
    rows = session.scalars(query.order_by(history.Change.id.desc()).limit(limit))
    return [
        Chosen(row.by, row.changed_at, Shared(row.after["what"]), row.after["shared"], row.after["reason"])
        for row in rows
        if row.after
    ]


def choose(
    session: Session, community_id: int, choices: Mapping[Shared, Choice], *, seen: int, by: Viewer
) -> list[Shared]:
    """What changed of what a community shares; each change stands in the history of `sharing`.

    Args:
        session: of the owner.
        community_id: the community.
        choices: what is wanted; things that are left out stay as they are.
        seen: the `version` of the settings that the steward looked at.
        by: a steward of this community.

    Raises:
        NotAllowed: somebody else than a steward of this community, an admin and the operator included.
        Invalid: no reason where it differs from the default, a reason of more than 300 characters or with a way to
            reach someone in it, or contact that would be shared: each at `/<what>`.
        Stale: another steward changed something after `seen`.
    """
    require(by, Permission.sharing_write, community_id)
    if by.roles is None:  # a program, or whoever runs the service: a steward belongs to a community
        raise NotAllowed("This belongs to another community; only its own people may do this.")
    # one at a time: the second sees what the first changed
    if session.scalar(select(Community.id).where(Community.id == community_id).with_for_update()) is None:
        raise NotFound("There is no community with the number {id}.", id=community_id)
    wanted = {what: Choice(choice.shared, _tidy(choice.reason)) for what, choice in choices.items()}
    _check(wanted)
    if version(session, community_id) != seen:
        raise Stale("Another steward changed this in the meantime; nothing of yours was stored yet.")
    before = of(session, community_id)
    changed = [what for what, choice in wanted.items() if (choice.shared, choice.reason) != before[what].says]
    for what in changed:
        _set(session, community_id, before[what], wanted[what], by)
    session.flush()
    return changed


def _tidy(reason: str) -> str:
    return " ".join(reason.split())


def _check(wanted: Mapping[Shared, Choice]) -> None:
    faults = []
    for what, choice in wanted.items():
        if what is Shared.contact and choice.shared:
            faults.append(Fault(f"/{what}", "A way to reach someone is never shared with the municipality."))
        elif choice.shared != DEFAULTS[what] and not choice.reason:
            faults.append(Fault(f"/{what}", "Say why: everyone can read the reason."))
        elif len(choice.reason) > MOST_REASON:
            faults.append(Fault(f"/{what}", "A reason has 1 to {most} characters.", {"most": MOST_REASON}))
        elif not all(sign.isprintable() for sign in choice.reason):
            faults.append(Fault(f"/{what}", "There are signs in this text that cannot be shown."))
        elif (found := people.personal_data(choice.reason)) is not None:
            faults.append(Fault(f"/{what}", found.told, {"place": found.span[0] + 1}))
    if faults:
        raise Invalid("This cannot be stored yet.", faults=faults)


def _set(session: Session, community_id: int, before: Setting, choice: Choice, by: Viewer) -> None:
    values = {"shared": choice.shared, "reason": choice.reason, "set_by": by.name, "set_at": func.clock_timestamp()}
    row = insert(Sharing).values(community_id=community_id, what=before.what.value, **values)
    session.execute(row.on_conflict_do_update(index_elements=["community_id", "what"], set_=values))
    history.note(
        session,
        "sharing",
        community_id,
        "set",
        by=by.name,
        community_id=community_id,
        before={"what": before.what, "shared": before.shared, "reason": before.reason},
        after={"what": before.what, "shared": choice.shared, "reason": choice.reason},
    )
