"""Taking a change back: the history keeps both, and what others changed since in other fields stays.

An undo is a change like any other, noted with the number of the change that it takes back; so it can be taken back too.
It is no sign of life of the entry, and the sign that the change itself was is taken away with it. A person's place is
never taken back: the history does not hold it. docs/decisions/0034 says why.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from assets import activities, archive, connections, conversations, history, inventory, merging, photos
from assets.activities import Activity
from assets.drafts import ActivityDraft, AssetDraft
from assets.errors import Conflict, NotFound
from assets.history import Change
from assets.inventory import Asset
from assets.permissions import Permission, Viewer, require
from assets.recurrence import HOME_ZONE
from assets.vocabulary import AssetKind, AssetState


@dataclass(frozen=True)
class Step:
    """A change of an entry's history, with what its values were before and after: all of them, in the storage CRS.

    Attributes:
        before: values as JSON by field; None when there were none, or the history no longer holds them.
        after: likewise.
        undone_by: the change that took this one back, and is not taken back itself.
        can_undo: whether there is something to take back.
    """

    change: Change
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    undone_by: Change | None
    can_undo: bool


def undo(session: Session, change_id: int, *, by: Viewer, today: date | None = None) -> Change:
    """The change that takes another one back, just noted.

    Raises:
        NotAllowed: the role may not write.
        NotFound: there is no such change, or what it was about is no longer there.
        Clashing: the same was changed again since; nothing is taken back.
        Conflict: it was taken back already, or there is nothing that can be.
        Invalid: what stood there before does not fit any more.
    """
    require(by, Permission.asset_write)
    change = history.get(session, change_id, lock=True)
    earlier = taken_back(session, [change.id]).get(change.id)
    if earlier is not None:
        raise Conflict("This was taken back already by {by}.", by=earlier.by)
    way = WAYS.get((change.subject, change.action))
    if way is None:
        raise Conflict("This change cannot be taken back here.")
    with history.because(session, undoes=change.id):
        way(session, change, by, today or date.today())
    session.flush()
    noted = history.undone(session, [change.id]).get(change.id)
    if noted is None:
        raise Conflict("There is nothing to take back: it is so already.")
    return noted


def taken_back(session: Session, change_ids: Iterable[int]) -> dict[int, Change]:
    """Of these changes those that do not count any more, each with the change that took it back."""
    found = history.undone(session, list(change_ids))
    if not found:
        return {}
    again = taken_back(session, [undoing.id for undoing in found.values()])
    return {number: undoing for number, undoing in found.items() if undoing.id not in again}


def steps(session: Session, asset_id: int, *, before: int | None = None, limit: int = 50) -> list[Step]:
    """The history of an entry, newest first; `before` is the keyset of paging.

    What a change left behind is what the next one found: both are in the storage CRS, while `after` in the history is
    what was handed in.
    """
    asset = inventory.get(session, asset_id)
    changes = history.of_asset(session, asset_id, before=before, limit=limit)
    gone = taken_back(session, [change.id for change in changes])
    left = _left_behind(session, asset, changes[0].id) if changes else None
    found = []
    for change in changes:
        undone_by = gone.get(change.id)
        possible = undone_by is None and (change.subject, change.action) in WAYS
        if change.subject != "asset":
            found.append(Step(change, change.before, change.after, undone_by, possible))
            continue
        was = complete(change.before) if change.action == "changed" else None
        now = left if change.action in ("added", "changed") else None
        possible = possible and _there(change, asset) and (change.action != "changed" or was is not None)
        found.append(Step(change, was, now, undone_by, possible))
        if change.action == "changed":
            left = was
    return found


def complete(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """All values of an entry, from what the history keeps of it; None when it keeps no words any more."""
    if not told or "kind" not in told:
        return None
    return AssetDraft.model_validate(told).model_dump(mode="json")


def _there(change: Change, asset: Asset) -> bool:
    """Whether the entry is where this change left it: on the map or off it."""
    return (asset.state == AssetState.retired) == (change.action == "retired")


def _left_behind(session: Session, asset: Asset, change_id: int) -> dict[str, Any] | None:
    """The values that this change of an entry left behind."""
    for later in history.of(session, "asset", asset.id):
        if later.id > change_id and later.action == "changed":
            return complete(later.before)
    return inventory.as_draft(session, asset).model_dump(mode="json")


# --- ways back ---


def _take_off(session: Session, change: Change, by: Viewer, _today: date) -> None:
    inventory.retire(session, change.subject_id, by=by)


def _put_back(session: Session, change: Change, by: Viewer, _today: date) -> None:
    archive.restore(session, change.subject_id, by=by)


def _values_back(session: Session, change: Change, by: Viewer, today: date) -> None:
    asset = inventory.get(session, change.subject_id, lock=True)
    wanted, left = complete(change.before), _left_behind(session, asset, change.id)
    if wanted is None or left is None:
        raise Conflict("The history no longer holds what stood there before.")
    ours = inventory.as_draft(session, asset).model_dump(mode="json")
    if asset.kind == AssetKind.person:
        wanted["place"] = left["place"] = ours["place"]
    made = merging.three_way(left, wanted, ours)
    if made.clashes:
        raise merging.Clashing(made.clashes)
    if not made.changed:
        return
    draft = AssetDraft.model_validate(made.values)
    keep_place = "place" not in made.changed
    inventory.change(session, asset.id, draft, by=by, keep_place=keep_place, today=today, sign=False)
    _take_sign(session, asset, change)


def _take_sign(session: Session, asset: Asset, change: Change) -> None:
    """Take away the sign of life that a change was, unless something else was one on that day."""
    day = _sign_of(change)
    others = [one for one in history.of(session, "asset", asset.id) if one.id != change.id and one.undoes is None]
    gone = taken_back(session, [one.id for one in others])
    if any(_sign_of(one) == day for one in others if one.id not in gone and one.action in ("added", "changed")):
        return
    inventory.forget_sign(session, asset, day)


def _sign_of(change: Change) -> date:
    said = (change.after or {}).get("confirmed_on")
    return date.fromisoformat(said) if said else change.changed_at.astimezone(HOME_ZONE).date()


def _activity_away(session: Session, change: Change, by: Viewer, _today: date) -> None:
    activities.remove(session, change.subject_id, by=by)


def _activity_again(session: Session, change: Change, by: Viewer, today: date) -> None:
    if change.before is None:
        raise Conflict("The history no longer holds what stood there before.")
    activities.add(session, ActivityDraft.model_validate(change.before), by=by, today=today)


def _activity_back(session: Session, change: Change, by: Viewer, today: date) -> None:
    found = session.get(Activity, change.subject_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no activity with the number {id}.", id=change.subject_id)
    if change.before is None or change.after is None:
        raise Conflict("The history no longer holds what stood there before.")
    ours = activities.as_draft(found).model_dump(mode="json")
    made = merging.three_way(change.after, change.before, ours)
    if made.clashes:
        raise merging.Clashing(made.clashes)
    if made.changed:
        activities.change(session, found.id, ActivityDraft.model_validate(made.values), by=by, today=today)


def _connection_back(session: Session, change: Change, by: Viewer, _today: date) -> None:
    if change.action == "removed" and change.before is None:
        raise Conflict("The history no longer holds what stood there before.")
    connections.undo(session, change.id, by=by)


def _conversation_back(session: Session, change: Change, by: Viewer, _today: date) -> None:
    conversations.undo(session, change.subject_id, by=by, change_id=change.id)


def _photo_away(session: Session, change: Change, by: Viewer, _today: date) -> None:
    if change.subject_id != photos.number_of(session, change.about[0]):
        raise Conflict("This photo was taken away already.")
    photos.remove(session, change.about[0], by=by)


def _photo_back(session: Session, change: Change, by: Viewer, _today: date) -> None:
    now = photos.number_of(session, change.about[0])
    if now != (change.subject_id if change.action == "replaced" else None):
        raise Conflict("This has another photo by now.")
    number = (change.before or {}).get("photo_id")
    if number is None:
        raise Conflict("The history no longer holds what stood there before.")
    photos.bring_back(session, change.about[0], int(number), by=by)


def _photo_words_back(session: Session, change: Change, by: Viewer, _today: date) -> None:
    before: dict[str, str] | None = change.before
    if before is None or change.subject_id != photos.number_of(session, change.about[0]):
        raise Conflict("This has another photo by now.")
    photos.describe(session, change.about[0], alt=before["alt"], language=before["language"], by=by)


Way = Callable[[Session, Change, Viewer, date], None]
#: What takes a change back, by its subject and what it did.
WAYS: dict[tuple[str, str], Way] = {
    ("asset", "added"): _take_off,
    ("asset", "restored"): _take_off,
    ("asset", "retired"): _put_back,
    ("asset", "changed"): _values_back,
    ("activity", "added"): _activity_away,
    ("activity", "changed"): _activity_back,
    ("activity", "removed"): _activity_again,
    ("connection", "added"): _connection_back,
    ("connection", "removed"): _connection_back,
    ("conversation", "added"): _conversation_back,
    ("conversation", "changed"): _conversation_back,
    ("conversation", "removed"): _conversation_back,
    ("photo", "added"): _photo_away,
    ("photo", "replaced"): _photo_back,
    ("photo", "removed"): _photo_back,
    ("photo", "described"): _photo_words_back,
}
