"""Two people changed the same thing: what each changed is kept, and where both changed the same both are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.errors import Conflict

#: Fields that mean something together only: who changes one has decided on all of them.
TOGETHER = (("recurrence", "recurrence_start", "recurrence_minutes"),)

#: Fields whose values have no order: themes in another order are the same themes.
UNORDERED = ("themes", "gifts")


@dataclass(frozen=True)
class Clash:
    """A field that two people changed to different things.

    Attributes:
        field: its name, as in AssetDraft; the first of those that belong together.
        base: what both began with.
        theirs: what the one who comes second wants.
        ours: what stands there now.
    """

    field: str
    base: Any
    theirs: Any
    ours: Any


@dataclass(frozen=True)
class Merged:
    """What three versions make together.

    Attributes:
        values: what stands there now, with every change of theirs that does not clash.
        changed: the fields in which that differs from what stands there now.
        clashes: what both changed.
    """

    values: dict[str, Any]
    changed: tuple[str, ...]
    clashes: tuple[Clash, ...]


class Clashing(Conflict):
    """Someone else changed the same fields; `clashes` tells which, with both values."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        fields = ", ".join(clash.field for clash in clashes)
        super().__init__(
            "Someone else changed the same in the meantime: {fields}. Choose what is right.", fields=fields
        )
        self.clashes = tuple(clashes)


def three_way(base: Mapping[str, Any], theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Merged:
    """What someone changed (from `base` to `theirs`), on top of what stands there now (`ours`).

    All three are JSON values by field, as `AssetDraft.model_dump(mode="json")` gives them, with the same fields; places
    are compared as they are written, so they must be in the same CRS.
    """
    values, changed, clashes = dict(ours), [], []
    for fields in _units(list(base)):
        was, wanted, is_now = (tuple(comparable(side, name) for name in fields) for side in (base, theirs, ours))
        if wanted in (was, is_now):
            continue
        if is_now != was:
            first = fields[0]
            clashes.append(Clash(first, base.get(first), theirs.get(first), ours.get(first)))
            continue
        values |= {name: theirs.get(name) for name in fields}
        changed += [name for name in fields if comparable(theirs, name) != comparable(ours, name)]
    return Merged(values, tuple(changed), tuple(clashes))


def comparable(values: Mapping[str, Any], field: str) -> Any:
    """The value of a field for comparing it with another; what has no order is put in one."""
    value = values.get(field)
    return sorted(value, key=repr) if field in UNORDERED and isinstance(value, list | tuple) else value


def _units(fields: Sequence[str]) -> list[tuple[str, ...]]:
    """The fields, those that belong together as one."""
    grouped = {name for group in TOGETHER for name in group}
    alone = [(name,) for name in fields if name not in grouped]
    return alone + [group for group in TOGETHER if set(group) & set(fields)]
