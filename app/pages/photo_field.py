"""The part of a form that brings a photo: the file, the words for who cannot see it, and taking it away.

Whoever shows `_photo_field.html` in a form with `enctype="multipart/form-data"` (and links pages/photo.css and the
script vuurtoren/photo-field) does three things:

    photo_field.context(kind=..., shown=..., sent=...)      what the template needs, as `photo`
    sent = photo_field.read(form, speaker, kind=..., has=...)     what was sent, drawn anew, and its faults
    photo_field.store(session, asset_id, sent, language=..., by=viewer)   or photo_field.suggest(...)

Read it last: drawing a photo costs a second, and a file cannot be put back in a form. When another field has a fault,
`read(..., draw=False)` says in words that the photo must be chosen again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app import csrf, i18n
from app.uploads import Upload
from assets import photos, pictures
from assets.errors import Invalid, NotReady
from assets.permissions import Viewer
from assets.photos import Shown
from assets.pictures import Picture
from assets.vocabulary import AssetKind

#: Names of the fields.
FILE, WORDS, GONE = "photo", "photo_alt", "photo_remove"


@dataclass(frozen=True)
class Sent:
    """What was sent.

    Attributes:
        picture: the new photo, drawn anew; None when none was chosen or it has a fault.
        alt: its words, as typed.
        remove: whether the photo that is there shall go.
        faults: sentences by name of the field, in the language of the page.
        busy: whether the fault is ours: other photos were being read.
    """

    picture: Picture | None = None
    alt: str = ""
    remove: bool = False
    faults: Mapping[str, str] = field(default_factory=dict)
    busy: bool = False

    @property
    def status(self) -> int:
        """The status of the form that is shown again."""
        return 503 if self.busy else 400


def read(form: FormData, speaker: i18n.Translator, *, kind: AssetKind, has: bool = False, draw: bool = True) -> Sent:
    """What was sent of a photo; nothing is stored.

    Args:
        form: the form of FormGuard.
        speaker: of the page.
        kind: of the entry; a person has no photo.
        has: whether the entry has a photo, which then may get other words.
        draw: False when another field has a fault, so that the form is shown again anyway.
    """
    alt = csrf.words(form, WORDS, most=2000)
    remove = form.get(GONE) == "yes"
    file = form.get(FILE)
    if not isinstance(file, Upload) or not (file.filename or file.size or file.too_large) or remove:
        if has and not remove and alt:
            return Sent(None, alt, faults=_words(alt, speaker))
        if alt.strip() and not has and not remove and photos.may_have_one(kind):
            return Sent(None, alt, faults={FILE: speaker.gettext("These words have no photo yet. Choose one.")})
        return Sent(None, alt, remove)
    kept = speaker.gettext("What you typed is kept.")
    again = speaker.gettext("Choose the photo once more.")
    faults = _words(alt, speaker)
    try:
        if not photos.may_have_one(kind):
            return Sent(faults={FILE: speaker.gettext("Of a person there is no photo on the map.")})
        if file.too_large or (file.size or 0) > pictures.MOST_BYTES:
            too_large = speaker.gettext("This file is too large.")
            return Sent(None, alt, faults=faults | {FILE: f"{too_large} {kept}"})
        if draw and not faults:
            return Sent(pictures.made_of(file.file), alt)
        pictures.checked(file.file.read(pictures.MOST_BYTES + 1))
    except Invalid as refused:
        return Sent(None, alt, faults=faults | {FILE: f"{speaker.error(refused)} {kept}"})
    except NotReady as busy:
        return Sent(None, alt, faults=faults | {FILE: f"{speaker.error(busy)} {kept}"}, busy=True)
    return Sent(None, alt, faults=faults | {FILE: f"{again} {kept}"})


def _words(alt: str, speaker: i18n.Translator) -> dict[str, str]:
    try:
        photos.words(alt)
    except Invalid as refused:
        return {WORDS: speaker.error(refused)}
    return {}


def context(
    *, kind: AssetKind, shown: Shown | None = None, sent: Sent | None = None, most_mb: int, url: str | None = None
) -> dict[str, Any]:
    """What the template needs, under the name `photo`.

    Args:
        kind: of the entry.
        shown: the photo that it has.
        sent: what was sent, when the form is shown again.
        url: where the small one is to be had, when not at its own address.
        most_mb: megabytes of an upload at most (the setting upload_mb).
    """
    return {
        "possible": photos.may_have_one(kind),
        "shown": shown,
        "url": url or (shown.small_url if shown is not None else ""),
        "alt": sent.alt if sent is not None else shown.alt if shown is not None else "",
        "remove": sent is not None and sent.remove,
        "faults": {FILE: "", WORDS: "", **(sent.faults if sent is not None else {})},
        "most_mb": min(most_mb, pictures.MOST_BYTES // 1_000_000),
    }


def store(session: Session, asset_id: int, sent: Sent, *, language: str, by: Viewer) -> None:
    """Keep what was sent as the photo of an entry: a new one, none any more, or other words."""
    if sent.remove:
        photos.remove(session, asset_id, by=by)
    elif sent.picture is not None:
        photos.put(session, asset_id, sent.picture, alt=sent.alt, language=language, by=by)
    elif sent.alt:
        there = photos.of_asset(session, asset_id, archive=True)
        if there is not None and sent.alt != there.alt:  # words that nobody touched keep their language
            photos.describe(session, asset_id, alt=sent.alt, language=language, by=by)


def suggest(session: Session, suggestion_id: int, sent: Sent, *, language: str, by: Viewer) -> None:
    """Let the photo that was sent wait with its suggestion; or none any more."""
    if sent.remove:
        photos.forget(session, suggestion_id)
    elif sent.picture is not None:
        photos.suggest(session, suggestion_id, sent.picture, alt=sent.alt, language=language, by=by)
