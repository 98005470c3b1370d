"""Import of addresses: BAG tables, any table or map of points, OpenStreetMap nodes, house numbers of the road register.

Rows go by COPY into a temporary table; which street part each stands on is one set query (assets/addresses.py). The
same file again writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import addresses
from assets import crs as reference_systems
from assets.importers import coordinates, files, layers, loading, osm, schemes, tables, words
from assets.importers.batches import batch_of, close_batch, in_one_piece, source_label
from assets.importers.files import SourceFile
from assets.importers.report import ImportReport, Progress, UnreadableFile, silent
from assets.sql import statement

#: Rows whose coordinates are worked out in one go.
BATCH = 20_000
LONGEST_NUMBER = 30
#: More house numbers than this on one side of one line are no house numbers.
MOST_ON_A_SIDE = 1_000
RANGES = ("first_left", "last_left", "first_right", "last_right")

COLUMNS = ("id", "line", "street", "number", "estimated", "geom")


@dataclass(frozen=True)
class _Told:
    """What one row tells: where it stands, its street and its numbers; `fault` when it cannot be used."""

    where: str
    street: str
    numbers: tuple[str, ...]
    fault: str | None = None
    value: str = ""


def import_addresses(
    session: Session,
    path: Path,
    *,
    format: str | None = None,
    layer: str | None = None,
    mapped: Sequence[str] = (),
    crs: str | None = None,
    source: str | None = None,
    partial: bool = False,
    by: str = "import",
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The report of bringing a file of addresses into the database, in the session's transaction.

    An address is known again by its street and its number. Estimated ones (spread along a line by its first and last
    house number) are left out on streets whose addresses are known, and give way when these come.

    Args:
        session: nothing is committed; with an error everything of the file is undone.
        path: a table with street, number and place; a map of points; OpenStreetMap; or lines with house numbers of
            both ends (NWB). Packed or not.
        format: refuse the file when it is not this one of `files.FORMATS`.
        layer: only this layer; else every layer.
        mapped: `theirs=ours` for columns that are not recognised by their name.
        crs: CRS of the coordinates, against what the file says.
        source: label of where it comes from; default the file's name without its endings.
        partial: addresses of the same source that are not in the file stay; else those within its box are gone.
        by: who imports, for the record.
        dry_run: do everything and undo it.
        progress: told how far it is.

    Raises:
        Invalid: a wrong option, or a file that cannot be used as a whole.
    """
    report = ImportReport(what="addresses", file_name=path.name, unit="rows", dry_run=dry_run)
    report.source = (source or source_label(path))[:200]
    columns = schemes.mapping(mapped, schemes.ADDRESS_COLUMNS)
    with in_one_piece(session, dry_run=dry_run), files.opened(path, format=format) as found:
        report.format = found[0].format
        addresses.temporary(session, "address_point")
        reading = _Reading(session, report, columns, crs, progress)
        loading.copy(session, "address_point", COLUMNS, reading.rows(found, layer))
        if report.read == 0:
            raise UnreadableFile("The file {name} holds no address.", name=path.name)
        reading.tell()
        batch_id = batch_of(session, report, by=by)
        progress("placing addresses along their streets", 0, None)
        addresses.place(session)
        _refuse_unplaced(session, report)
        progress("storing addresses", 0, None)
        _store(session, report, partial=partial)
        close_batch(session, batch_id, report)
    return report


class _Reading:
    """Reading any kind of file into rows of the table `address_point`, in the storage CRS."""

    def __init__(
        self, session: Session, report: ImportReport, mapped: dict[str, str], crs: str | None, progress: Progress
    ) -> None:
        self.storage = reference_systems.storage(session)
        self.report, self.mapped, self.crs, self.progress = report, mapped, crs, progress
        self.kept = self.without = self.estimated = 0
        self.reference: coordinates.Reference | None = None

    def rows(self, found: Sequence[SourceFile], wanted: str | None) -> Iterator[tuple[Any, ...]]:
        """One row per address, of every file and layer."""
        for file in found:
            if file.format == "csv":
                yield from self._table(file)
            elif file.format == "osm":
                yield from self._nodes(file)
        maps = [file for file in found if file.format not in ("osm", "csv")]
        if maps:
            known = layers.listing(maps)
            for index in schemes.best_layers([one.name for one in known], wanted):
                yield from self._layer(known[index])

    # --- tables ---

    def _table(self, file: SourceFile) -> Iterator[tuple[Any, ...]]:
        ours: dict[str, str] | None = None
        pair = ("x", "y")
        waiting: list[_Told] = []
        points: list[tuple[float, float]] = []
        for line, cells in tables.rows(file, self.report):
            if ours is None:
                ours = self._columns(file.name, list(cells))
                pair = self._pair(file.name, ours)
            self.report.read += 1
            given = {name: cells.get(theirs, "") for name, theirs in ours.items()}
            fault = None
            try:
                point = (float(given[pair[0]].replace(",", ".")), float(given[pair[1]].replace(",", ".")))
            except ValueError:
                point = (0.0, 0.0)
                fault = f"{pair[0]} and {pair[1]} are not both numbers."
            waiting.append(self._told(f"line {line}", given, fault))
            points.append(point)
            if len(waiting) == BATCH:
                yield from self._of_table(waiting, points, pair)
                self.progress("reading addresses", self.report.read, None)
                waiting, points = [], []
        yield from self._of_table(waiting, points, pair)

    def _of_table(
        self, told: list[_Told], points: list[tuple[float, float]], pair: tuple[str, str]
    ) -> Iterator[tuple[Any, ...]]:
        if not told:
            return
        shapes = numpy.asarray(shapely.points(numpy.array(points, dtype=float)), dtype=object)
        usable = numpy.array([one.fault is None for one in told])
        if self.reference is None and usable.any():
            given = self.crs or ("EPSG:4326" if pair == ("lon", "lat") else None)
            self._referred(None, shapes[usable], given)
        if self.reference is None:
            # no row has coordinates: each is refused for that, in whatever CRS
            self.reference = coordinates.by_name(f"EPSG:{self.storage.srid}")
        yield from self._placed(told, shapes, numpy.zeros(len(told), dtype=bool))

    def _columns(self, name: str, header: Sequence[str]) -> dict[str, str]:
        schemes.check_mapped(self.mapped, header)
        ours = schemes.address_columns(header, self.mapped)
        absent = [one for one in ("street", "number") if one not in ours]
        if absent:
            raise UnreadableFile(
                "{name} has no column that is recognised as {absent} (columns: {has}). Say which it is with "
                "--map theirs={first}.",
                name=name,
                absent=" and ".join(absent),
                has=", ".join(header) or "none",
                first=absent[0],
            )
        return ours

    def _pair(self, name: str, ours: Mapping[str, str]) -> tuple[str, str]:
        """The columns to read a place from: metres where the map is kept in those of the Netherlands, else degrees."""
        pairs = [("x", "y"), ("lon", "lat")]
        if self.storage.srid != reference_systems.RD and self.crs is None:
            pairs.reverse()
        for pair in pairs:
            if pair[0] in ours and pair[1] in ours:
                return pair
        raise UnreadableFile(
            "The table {name} has no columns with coordinates (x and y, or lon and lat). Say which they are with "
            "--map theirs=x --map theirs=y.",
            name=name,
        )

    # --- OpenStreetMap and other maps ---

    def _nodes(self, file: SourceFile) -> Iterator[tuple[Any, ...]]:
        """Nodes that carry an address; others are passed over."""
        self._referred(None, numpy.array([], dtype=object), "EPSG:4326")
        waiting: list[_Told] = []
        points: list[tuple[float, float]] = []
        for number, lon, lat, tags in osm.nodes(file):
            house, street = tags.get("addr:housenumber", ""), tags.get("addr:street", "")
            if not house or not street:
                self.without += bool(house)
                continue
            self.report.read += 1
            several = [one for part in house.split(";") for one in part.split(",")]
            numbers = tuple(dict.fromkeys(filter(None, map(words.house_number, several))))
            waiting.append(self._checked(f"node {number}", words.street_name(street), numbers, None))
            points.append((lon, lat))
            if len(waiting) == BATCH:
                yield from self._of_table(waiting, points, ("lon", "lat"))
                waiting, points = [], []
        yield from self._of_table(waiting, points, ("lon", "lat"))

    def _layer(self, layer: layers.Layer) -> Iterator[tuple[Any, ...]]:
        if layer.shape is None:
            raise UnreadableFile(
                "The layer {name} is a table without geometry; save it as CSV with x and y.", name=layer.name
            )
        schemes.check_mapped(self.mapped, layer.columns)
        ours = schemes.address_columns(layer.columns, self.mapped)
        ranged = "street" in ours and any(name in ours for name in RANGES)
        if not ranged:
            ours = self._columns(f"The layer {layer.name}", layer.columns)
        for batch in layers.read(layer, list(dict.fromkeys(ours.values()))):
            if self.reference is None:
                self._referred(layer.crs, batch.shapes, self.crs)
            given = {name: batch.columns[theirs] for name, theirs in ours.items()}
            self.report.read += len(batch.shapes)
            if ranged:
                yield from self._along_lines(batch, given)
            else:
                rows = [
                    self._told(
                        f"feature {batch.first + index}", {name: values[index] for name, values in given.items()}
                    )
                    for index in range(len(batch.shapes))
                ]
                yield from self._placed(rows, _points_of(batch.shapes), batch.broken)
            self.progress("reading addresses", batch.first + len(batch.shapes), layer.features)

    def _along_lines(self, batch: layers.Batch, given: Mapping[str, layers.Array]) -> Iterator[tuple[Any, ...]]:
        """Addresses spread evenly along each line, left and right, between its first and its last house number."""
        told: list[_Told] = []
        points: list[Any] = []
        for index, shape in enumerate(batch.shapes):
            cells = {name: values[index] for name, values in given.items()}
            where, street = f"line {batch.first + index}", words.street_name(cells["street"])
            sides = [
                words.numbers_between(cells.get(f"first_{side}"), cells.get(f"last_{side}"), cells.get(f"sides_{side}"))
                for side in ("left", "right")
            ]
            if not street or not any(sides):
                self.without += 1
                continue
            line = _longest(shape)
            if line is None or max(map(len, sides)) > MOST_ON_A_SIDE:
                what = "The house numbers of a line lie along it; this is no line."
                if line is not None:
                    what = f"More than {MOST_ON_A_SIDE:,} house numbers on one side of a line are no house numbers."
                self.report.refuse(where, street, what)
                continue
            for numbers in sides:
                share = (numpy.arange(len(numbers)) + 0.5) / max(1, len(numbers))
                told += [self._checked(where, street, (str(number),), None) for number in numbers]
                points += list(shapely.line_interpolate_point(line, share, normalized=True))
        if told:
            before = self.kept
            broken = numpy.zeros(len(told), dtype=bool)
            yield from self._placed(told, numpy.array(points, dtype=object), broken, estimated=True)
            self.estimated += self.kept - before

    # --- what all have in common ---

    def _referred(self, declared: str | None, shapes: layers.Array, given: str | None) -> None:
        self.reference = coordinates.recognise(declared, shapes, given=given, storage=self.storage)
        self.report.crs = self.reference.name
        if self.reference.note:
            self.report.note(self.reference.note)

    def _told(self, where: str, given: Mapping[str, Any], fault: str | None = None) -> _Told:
        number = words.house_number(given["number"], given.get("letter", ""), given.get("addition", ""))
        return self._checked(where, words.street_name(given["street"]), (number,) if number else (), fault)

    def _checked(self, where: str, street: str, numbers: tuple[str, ...], fault: str | None) -> _Told:
        if not street:
            fault = "The street is not told."
        elif not numbers:
            fault = "The house number is not told."
        else:
            bad = next((one for one in numbers if not _is_number(one)), None)
            fault = words.fault_of_name(street) or (bad and "This is no house number.") or fault
        return _Told(where, street, numbers, fault, f"{street} {', '.join(numbers)}".strip())

    def _placed(
        self, told: Sequence[_Told], shapes: layers.Array, broken: layers.Array, *, estimated: bool = False
    ) -> Iterator[tuple[Any, ...]]:
        assert self.reference is not None  # noqa: S101  set before the first batch is placed
        placed = coordinates.place(shapes, broken, reference=self.reference, storage=self.storage, decimals=3)
        stored = shapely.to_wkb(shapely.set_srid(placed.shapes, self.storage.srid), hex=True, include_srid=True)
        for index, row in enumerate(told):
            if row.fault is not None:
                self.report.refuse(row.where, row.value, row.fault)
            elif placed.reasons[index] is not None:
                self.report.refuse(
                    row.where, f"{row.value} {placed.values.get(index, '')}".strip(), placed.reasons[index] or ""
                )
            else:
                for number in row.numbers:
                    self.kept += 1
                    yield (self.kept, row.where, row.street, number, estimated, stored[index])

    def tell(self) -> None:
        """Put what was passed over and what was estimated into the report's notes."""
        if self.without:
            what = (
                "nodes have a house number without a street"
                if self.report.format == "osm"
                else "lines have no house numbers"
            )
            self.report.note(f"{self.without:,} {what} and were passed over.")
        if self.estimated:
            self.report.note(
                f"{self.estimated:,} addresses were spread evenly along their lines, by the first and the last house "
                "number: they are estimates."
            )


def _is_number(number: str) -> bool:
    """Whether a text can be a house number: short, with a digit in it, and nothing that does not show."""
    return len(number) <= LONGEST_NUMBER and any(sign.isdigit() for sign in number) and number.isprintable()


def _points_of(shapes: layers.Array) -> layers.Array:
    """The shapes, with a point inside each surface: a building stands where its middle is."""
    surfaces = shapely.get_dimensions(shapes) > 0
    found = shapes.copy()
    found[surfaces] = shapely.point_on_surface(shapes[surfaces])
    several = shapely.get_type_id(found) == shapely.GeometryType.MULTIPOINT
    found[several] = shapely.get_geometry(found[several], 0)
    return found


def _longest(shape: Any) -> Any:
    """The longest line of a shape, or None when it holds none."""
    if shape is None:
        return None
    lines = shapely.get_parts(shapely.line_merge(shape))
    lines = lines[(shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & (shapely.length(lines) > 0)]
    return lines[numpy.argmax(shapely.length(lines))] if len(lines) else None


def _refuse_unplaced(session: Session, report: ImportReport) -> None:
    """Refuse the rows whose street is not known, or too far away; a line with several addresses once."""
    for row in session.execute(statement("import_addresses_unplaced")):
        reason = (
            f"No street of this name lies within {addresses.ADDRESS_REACH_M:.0f} m of this address."
            if row.is_known
            else "There is no street of this name; import the streets first."
        )
        report.refuse(row.line, f"{row.street} {row.number}", reason)


def _store(session: Session, report: ImportReport, *, partial: bool) -> None:
    """Write what is new or changed, take away what is gone, and count the addresses of street parts."""

    def many(name: str, **binds: Any) -> int:
        result: Any = session.execute(statement(name), binds)
        return int(result.rowcount)

    doubled = many("import_addresses_doubled")
    if doubled:
        report.note(f"{doubled:,} addresses stand in the file more than once; one of each was kept.")
    passed = many("import_addresses_estimated")
    if passed:
        report.note(f"{passed:,} estimated addresses were left out: the addresses of their street are known.")
    gave_way = many("import_addresses_give_way")
    if gave_way:
        report.note(f"{gave_way:,} estimated addresses gave way to known ones.")
    wanted = int(session.execute(text("SELECT count(*) FROM address_place")).scalar_one())
    written = [row.is_new for row in session.execute(statement("import_addresses"), {"source": report.source})]
    report.added = sum(written)
    report.changed = len(written) - report.added
    report.unchanged = wanted - len(written)
    # a table just filled counts as empty otherwise, and what is gone would be looked for row by row
    loading.analyse(session, "address")
    if not partial:
        report.vanished = many("import_addresses_vanished", source=report.source)
    if written or report.vanished or gave_way:
        addresses.count(session)
        hidden = addresses.show_less(session)
        if hidden:
            report.note(
                f"{hidden:,} persons are shown by their neighbourhood now: their street is too small to hide in."
            )
    known = session.execute(
        text("SELECT count(addresses) AS known, count(*) AS parts FROM street_part WHERE vanished_on IS NULL")
    ).one()
    report.note(f"The number of addresses is known for {known.known:,} of {known.parts:,} street parts.")
