"""Import of measurements from a table (CSV): litter counted in boxes of street.

Each row becomes the same draft as a request does, and goes through the same door (measurements.add).
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic
from sqlalchemy import select
from sqlalchemy.orm import Session

from assets import crs as reference_systems
from assets import measurements
from assets.drafts import MeasurementDraft
from assets.errors import DomainError, Invalid
from assets.importers import asset_words, coordinates, files, schemes, tables
from assets.importers.batches import batch_of, close_batch, in_one_piece, source_label
from assets.importers.report import ImportReport, Progress, UnreadableFile, silent
from assets.measurements import Measurement
from assets.permissions import Permission, Viewer, require
from assets.sql import statement
from assets.vocabulary import LitterKind, Role

#: Our names of a measurement's columns, for --map.
MEASUREMENT_COLUMNS = (
    "id", "street_part_id", "street", "area", "x", "y", "lon", "lat", "measured_on", "kind", "box_m2", "count",
    "counted_by",
)  # fmt: skip
_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("sourcekey", "id", "key", "sleutel", "nummer", "meetpunt", "metingid"),
    "street_part_id": ("streetpartid", "straatdeel", "straatdeelnummer"),
    "street": ("street", "straat", "straatnaam", "addrstreet", "openbareruimtenaam"),
    "area": ("area", "areacode", "gebied", "gebiedscode", "buurtcode", "buurt", "buurtnaam", "neighbourhood"),
    "x": ("x", "xrd", "rdx", "xcoordinaat", "xcoord"),
    "y": ("y", "yrd", "rdy", "ycoordinaat", "ycoord"),
    "lon": ("lon", "lng", "long", "longitude", "lengtegraad"),
    "lat": ("lat", "latitude", "breedtegraad"),
    "measured_on": ("measuredon", "date", "datum", "meetdatum", "schouwdatum", "gemetenop"),
    "kind": ("kind", "soort", "soortafval", "grootte", "fractie"),
    "box_m2": ("boxm2", "box", "vak", "vakm2", "oppervlakte", "oppervlaktem2", "m2"),
    "count": ("count", "pieces", "aantal", "stuks", "aantalstuks", "geteld"),
    "counted_by": ("countedby", "by", "door", "geteldoor", "gemetendoor", "schouwer"),
}
_KINDS = {
    "coarse": LitterKind.coarse,
    "grof": LitterKind.coarse,
    "grofzwerfafval": LitterKind.coarse,
    "fine": LitterKind.fine,
    "fijn": LitterKind.fine,
    "fijnzwerfafval": LitterKind.fine,
}
#: What can be wrong with a draft, by its field.
_WORDS = {
    "box_m2": "The box is a number of square metres from 0.1 to 10,000.",
    "count": "The count is a whole number from 0 to 1,000,000.",
    "street_part_id": "A street part is a whole number from 1.",
}


def import_measurements(
    session: Session,
    path: Path,
    *,
    mapped: Sequence[str] = (),
    crs: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    by: str = "import",
    viewer: Viewer | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The report of bringing a table of measurements into the database, in the session's transaction.

    A row is known again by its id column, else by its place, day, kind and which of several alike it is. The same row
    again changes nothing; a row whose count differs from last time changes the measurement.

    Args:
        session: nothing is committed; with an error everything of the file is undone.
        path: a CSV file, packed or not.
        mapped: `theirs=ours` for columns that are not recognised by their name.
        crs: CRS of x and y; default degrees where they can be that, else the storage CRS.
        kind: kind of litter of rows that do not tell it, in Dutch or English.
        source: label of where it comes from; default the file's name without its endings.
        by: who imports, for the record.
        viewer: whose permission counts; default the operator.
        dry_run: do everything and undo it.
        progress: told how far it is.

    Raises:
        Invalid: a wrong option, or a file that cannot be used as a whole.
    """
    actor = viewer or Viewer(name=by, role=Role.admin)
    require(actor, Permission.import_run)
    report = ImportReport(what="measurements", file_name=path.name, unit="rows", dry_run=dry_run)
    report.source = (source or source_label(path))[:200]
    columns = schemes.mapping(mapped, MEASUREMENT_COLUMNS)
    if kind is not None and schemes.plain(kind) not in _KINDS:
        raise Invalid("There is no kind {kind}; it is one of {kinds}.", kind=kind, kinds=", ".join(LitterKind))
    given = None if crs is None else coordinates.by_name(crs).name
    with in_one_piece(session, dry_run=dry_run), files.opened(path, format="csv") as found:
        report.format = found[0].format
        batch_id = batch_of(session, report, by=by)
        storing = _Storing(session, report, actor, kind, given)
        for file in found:
            ours: dict[str, str] | None = None
            for line, cells in tables.rows(file, report):
                if ours is None:
                    ours = _columns(file.name, list(cells), columns)
                report.read += 1
                storing.store(f"line {line}", {name: cells.get(theirs, "") for name, theirs in ours.items()})
                progress("storing measurements", report.read, None)
        close_batch(session, batch_id, report)
    return report


def _columns(name: str, header: list[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Our name → their column; UnreadableFile when the table cannot tell what was counted, when or where."""
    schemes.check_mapped(mapped, header)
    known = {schemes.plain(column): column for column in reversed(header)}
    found = dict(mapped)
    for ours, names in _COLUMNS.items():
        theirs = next((known[name] for name in names if name in known), None)
        if ours not in found and theirs is not None:
            found[ours] = theirs
    somewhere = (
        {"street_part_id", "street"} & found.keys() or {"x", "y"} <= found.keys() or {"lon", "lat"} <= found.keys()
    )
    for needed, there in (("measured_on", "measured_on" in found), ("count", "count" in found), ("street", somewhere)):
        if not there:
            raise UnreadableFile(
                "The table {name} has no column for {needed} (columns: {has}). Say which it is with "
                "--map theirs={needed}.",
                name=name,
                needed=needed,
                has=", ".join(header),
            )
    return found


class _Storing:
    """Rows into drafts, drafts into measurements, refusals into the report."""

    def __init__(
        self, session: Session, report: ImportReport, viewer: Viewer, kind: str | None, crs: str | None
    ) -> None:
        self.session, self.report, self.viewer, self.kind, self.crs = session, report, viewer, kind, crs
        self.alike: Counter[str] = Counter()
        self.areas: dict[str, str] = {}

    def store(self, where: str, row: Mapping[str, str]) -> None:
        """Store, change or refuse one row."""
        cells = {name: value for name, value in row.items() if value}
        value = cells.get("street") or cells.get("id") or cells.get("street_part_id") or ""
        try:
            draft = self._draft(cells)
            key = self._key(cells, draft)
            here = (Measurement.source == self.report.source, Measurement.source_key == key)
            known = self.session.scalar(select(Measurement).where(*here))
            if known is None:
                measurements.add(self.session, draft, by=self.viewer, source=self.report.source, source_key=key)
                self.report.added += 1
            elif self._moved(known, draft):
                raise Invalid("It was imported before as another place, day or kind; give it another id.")
            elif measurements.recount(self.session, known, draft, by=self.viewer):
                self.report.changed += 1
            else:
                self.report.unchanged += 1
        except DomainError as refused:
            self.report.refuse(where, value, str(refused))

    def _moved(self, known: Measurement, draft: MeasurementDraft) -> bool:
        if (known.measured_on, known.kind) != (draft.measured_on, draft.kind):
            return True
        return known.street_id != measurements.spot_of(self.session, draft).street_id

    def _draft(self, cells: Mapping[str, str]) -> MeasurementDraft:
        """The draft of a row; Invalid with the reason when it makes none."""
        values: dict[str, Any] = {name: cells[name] for name in ("street", "counted_by") if name in cells}
        if "area" in cells:
            values["area"] = self._area(cells["area"])
        values["measured_on"] = asset_words.day(cells.get("measured_on", ""))
        word = cells.get("kind") or self.kind
        if word is None:
            raise Invalid("It does not tell whether coarse or fine litter was counted; give it for all with --kind.")
        if schemes.plain(word) not in _KINDS:
            raise Invalid("{word} is no kind of litter; it is coarse or fine.", word=word[:40])
        values["kind"] = _KINDS[schemes.plain(word)]
        if "count" not in cells:
            raise Invalid("It has no count; where nothing lay, write 0.")
        for name in ("count", "box_m2", "street_part_id"):
            if name in cells:
                values[name] = cells[name].replace(",", ".") if name == "box_m2" else cells[name]
        values |= self._point(cells)
        try:
            return MeasurementDraft(**values)
        except pydantic.ValidationError as refused:
            raise Invalid("{reason}", reason=_reason(refused)) from None

    def _point(self, cells: Mapping[str, str]) -> dict[str, Any]:
        pair = next(((a, b) for a, b in (("lon", "lat"), ("x", "y")) if cells.get(a) or cells.get(b)), None)
        if pair is None:
            return {}
        try:
            x, y = (float(cells.get(name, "").replace(",", ".")) for name in pair)
        except ValueError:
            raise Invalid("{x} and {y} are not both numbers.", x=pair[0], y=pair[1]) from None
        degrees = pair == ("lon", "lat") or (abs(x) <= 180 and abs(y) <= 90)
        storage = f"EPSG:{reference_systems.storage(self.session).srid}"
        return {"point": (x, y), "crs": self.crs or ("OGC:CRS84" if degrees else storage)}

    def _area(self, word: str) -> str:
        """The code of the area that is meant, when its name is given; else the word as it is."""
        if word not in self.areas:
            codes = self.session.execute(statement("import_area_by_name"), {"name": word}).scalars().all()
            if len(codes) > 1:
                raise Invalid(
                    "There are several areas called {name}: {codes}.", name=word[:40], codes=", ".join(codes[:5])
                )
            self.areas[word] = codes[0] if codes else word
        return self.areas[word]

    def _key(self, cells: Mapping[str, str], draft: MeasurementDraft) -> str:
        """What a row is known by from one import to the next: its id, else all but what was counted.

        Two boxes of one street and day may well be alike: they are numbered in the order of the file.
        """
        if cells.get("id"):
            text = f"{cells['id']}"[:200]
            if self.alike[text]:
                raise Invalid("This id stands in the file twice.")
            self.alike[text] += 1
            return text
        place = (draft.street_part_id, draft.street, draft.area, draft.point)
        text = f"{place!r}\x1f{draft.measured_on}\x1f{draft.kind}"
        mark = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        self.alike[mark] += 1
        return f"{mark}:{self.alike[mark]}"


def _reason(refused: pydantic.ValidationError) -> str:
    """The faults of a draft as one sentence each, in our words."""
    reasons = []
    for fault in refused.errors(include_url=False, include_input=False):
        where = str(fault["loc"][0]) if fault["loc"] else ""
        if where in _WORDS:
            reasons.append(_WORDS[where])
        elif fault["type"] == "value_error":
            reasons.append(fault["msg"].removeprefix("Value error, "))
        else:
            reasons.append(f"{where}: It cannot be used as it is.")
    return " ".join(dict.fromkeys(reasons))
