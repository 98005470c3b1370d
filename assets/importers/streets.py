"""Import of streets: lines of any producer become segments, streets and street parts.

Python reads and checks; the rows go by COPY into temporary tables; identity, differences and division are set
queries (assets/sql/import_*.sql, divide_*.sql). The same file again writes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import addresses, energy, links
from assets import crs as reference_systems
from assets.errors import Invalid
from assets.importers import coordinates, divide, files, layers, loading, matching, osm, schemes, street_edges, words
from assets.importers.batches import batch_of, close_batch, in_one_piece, source_label
from assets.importers.files import SourceFile
from assets.importers.marks import mark_of
from assets.importers.report import ImportReport, Progress, UnreadableFile, silent
from assets.sql import statement

#: Coordinates are kept to the millimetre, so that the same line read twice is the same.
DECIMALS = 3
#: Names listed in a note before "and so on".
NAMED = 20
#: Streets whose stretches are snapped in one go.
AT_ONCE = 5_000

COLUMNS = ("id", "name", "road_class", "bridge", "tunnel", "municipality_code", "municipality", "fingerprint", "geom")


@dataclass
class _Tally:
    """What was done to lines on the way, told in the notes at the end."""

    taken_apart: int = 0
    motorways: int = 0
    passed: osm.Passed = field(default_factory=osm.Passed)


def import_streets(
    session: Session,
    path: Path,
    *,
    format: str | None = None,
    layer: str | None = None,
    mapped: Sequence[str] = (),
    crs: str | None = None,
    municipality: str | None = None,
    source: str | None = None,
    complete: bool = False,
    partial: bool = False,
    on: date | None = None,
    by: str = "import",
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The report of bringing a file of streets into the database, in the session's transaction.

    Args:
        session: nothing is committed; with an error everything of the file is undone.
        path: OpenStreetMap, GeoJSON, GeoPackage, GML, shapefile or FlatGeobuf, packed or not.
        format: refuse the file when it is not this one of `files.FORMATS`.
        layer: only this layer; else every layer with lines.
        mapped: `theirs=ours` for columns that are not recognised by their name.
        crs: CRS of the coordinates, against what the file says.
        municipality: code of the municipality of all streets; else the file's column, else the area they lie in.
        source: label of where it comes from; default the file's name without its endings.
        complete: streets known inside the file's box that are not in it have vanished, whoever brought them.
        partial: what is not in the file stays as it is.
        on: day on which streets vanish; default today.
        by: who imports, for the record.
        dry_run: do everything and undo it.
        progress: told how far it is.

    Raises:
        Invalid: a wrong option, or a file that cannot be used as a whole.
    """
    if complete and partial:
        raise Invalid("A file is either complete or partial, not both.")
    report = ImportReport(what="streets", file_name=path.name, unit="lines", dry_run=dry_run)
    report.source = (source or source_label(path))[:200]
    columns = schemes.mapping(mapped, schemes.STREET_COLUMNS)
    with in_one_piece(session, dry_run=dry_run), files.opened(path, format=format) as found:
        report.format = found[0].format
        loading.temporary(session, "incoming")
        reading = _Reading(session, report, columns, crs, municipality, progress)
        loading.copy(session, "incoming", COLUMNS, reading.rows(found, layer))
        reading.tell()
        if report.read == 0:
            raise UnreadableFile("No line of {name} can be used: it holds none.", name=path.name)
        batch_id = batch_of(session, report, by=by)
        if reading.kept == 0:
            report.note(
                f"No line of {path.name} can be used: {next(iter(report.reasons), 'none is a way that people use')}"
            )
            close_batch(session, batch_id, report)
            return report
        _store(
            session,
            report,
            batch_id,
            complete=complete,
            partial=partial,
            on=on or date.today(),
            progress=progress,
        )
        close_batch(session, batch_id, report)
    return report


class _Reading:
    """Reading files of lines into rows of the table `incoming`, in the storage CRS."""

    def __init__(
        self,
        session: Session,
        report: ImportReport,
        mapped: dict[str, str],
        crs: str | None,
        municipality: str | None,
        progress: Progress,
    ) -> None:
        self.storage = reference_systems.storage(session)
        self.dutch = self.storage.srid == reference_systems.RD
        self.report, self.mapped, self.crs, self.progress = report, mapped, crs, progress
        self.municipality = schemes.municipality_code(municipality, dutch=self.dutch)
        self.tally = _Tally()
        self.kept = 0

    def rows(self, found: Sequence[SourceFile], wanted: str | None) -> Iterator[tuple[Any, ...]]:
        """One row per line, of every file and layer that holds lines."""
        for file in found:
            if file.format == "osm":
                yield from self._of("", osm.ways(file, self.tally.passed), ("osm_id", *osm.WAY_TAGS), "EPSG:4326", None)
        if all(file.format == "osm" for file in found):
            return
        others = [file for file in found if file.format not in ("osm", "csv")]
        if not others:
            raise UnreadableFile(
                "The file {name} is a table without geometry; streets are lines.", name=self.report.file_name
            )
        known = layers.listing(others)
        chosen = [known[index] for index in schemes.best_layers([one.name for one in known], wanted)]
        used = 0
        for layer in chosen:
            reason = self._why_not(layer)
            if reason is None:
                used += 1
                ours = schemes.street_columns(layer.columns, self.mapped)
                label = "" if len(chosen) == 1 else f"{layer.name} "
                yield from self._of(
                    label,
                    layers.read(layer, list(dict.fromkeys(ours.values()))),
                    layer.columns,
                    layer.crs,
                    layer.features,
                )
            elif len(chosen) == 1 or wanted:
                raise UnreadableFile("{reason}", reason=reason)
            else:
                self.report.note(f"Layer {layer.name} was left out: {reason[0].lower()}{reason[1:]}")
        if not used:
            raise UnreadableFile(
                "No layer of {name} holds lines; it has {names}.",
                name=self.report.file_name,
                names=", ".join(layer.name for layer in chosen),
            )

    def _why_not(self, layer: layers.Layer) -> str | None:
        """Why a layer cannot be streets, or None."""
        if layer.shape is None:
            return f"The layer {layer.name} is a table without geometry; streets are lines."
        if "Polygon" in layer.shape or "Surface" in layer.shape:
            return (
                f"The layer {layer.name} holds surfaces (polygons); streets are lines along their middle, as in the "
                "road register (NWB) or OpenStreetMap."
            )
        if "Point" in layer.shape:
            return f"The layer {layer.name} holds points; streets are lines."
        schemes.check_mapped(self.mapped, layer.columns)
        if "name" not in schemes.street_columns(layer.columns, self.mapped):
            has = ", ".join(layer.columns) or "no columns at all"
            return (
                f"The layer {layer.name} has no column with street names that is recognised (columns: {has}). "
                "Say which it is with --map theirs=name."
            )
        return None

    def _of(
        self,
        label: str,
        batches: Iterator[layers.Batch],
        columns: Sequence[str],
        declared: str | None,
        total: int | None,
    ) -> Iterator[tuple[Any, ...]]:
        ours = schemes.street_columns(columns, self.mapped)
        reference = None
        for batch in batches:
            if reference is None:
                reference = coordinates.recognise(declared, batch.shapes, given=self.crs, storage=self.storage)
                self.report.crs = reference.name
                if reference.note:
                    self.report.note(reference.note)
            placed = coordinates.place(
                batch.shapes, batch.broken, reference=reference, storage=self.storage, decimals=DECIMALS
            )
            given = {name: batch.columns[theirs] for name, theirs in ours.items() if theirs in batch.columns}
            pieces = self._pieces(placed.shapes)
            for index in range(len(batch.shapes)):
                where = f"{label}line {batch.first + index}"
                if "osm_id" in batch.columns:
                    where = f"way {batch.columns['osm_id'][index]}"
                yield from self._line(where, given, placed, index, pieces.get(index, ()))
                if index % 1000 == 0:
                    self.progress("reading lines", batch.first + index, total)
            self.report.read += len(batch.shapes)

    def _pieces(self, shapes: layers.Array) -> dict[int, list[tuple[bytes, str]]]:
        """Number in the batch → its lines that have length, as WKB for their mark and as hexadecimal EWKB to store."""
        parts, owners = shapes, numpy.arange(len(shapes))
        while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
            parts, inner = shapely.get_parts(parts, return_index=True)
            owners = owners[inner]
        kept = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 0)
        lines, owners = parts[kept], owners[kept]
        marks = shapely.to_wkb(lines, byte_order=1)
        stored = shapely.to_wkb(shapely.set_srid(lines, self.storage.srid), hex=True, include_srid=True)
        found: dict[int, list[tuple[bytes, str]]] = {}
        for number, mark, wkb in zip(owners.tolist(), marks, stored, strict=True):
            found.setdefault(number, []).append((mark, wkb))
        return found

    def _line(
        self,
        where: str,
        given: dict[str, layers.Array],
        placed: coordinates.Placed,
        index: int,
        pieces: Sequence[tuple[bytes, str]],
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of one feature: one per line of its geometry."""
        name = words.street_name(given["name"][index]) if "name" in given else ""
        fault = words.fault_of_name(name)
        if fault is not None:
            self.report.refuse(where, name, fault)
            return
        if placed.reasons[index] is not None:
            value = f"{name} {placed.values[index]}".strip()
            self.report.refuse(where, value, placed.reasons[index] or "")
            return
        if not pieces:
            self.report.refuse(
                where,
                f"{name} {coordinates.shapely_text(placed.shapes[index])}".strip(),
                "Streets are lines; this is none with two different points.",
            )
            return
        self.tally.taken_apart += len(pieces) > 1
        road_class = words.road_class(given["road_class"][index]) if "road_class" in given else None
        if road_class in words.NO_WAY:
            self.tally.passed.no_way += 1
            return
        if name and road_class in words.MOTOR_CLASSES:
            self.tally.motorways += 1
            name = ""
        bridge = words.yes(given["bridge"][index]) if "bridge" in given else False
        tunnel = words.yes(given["tunnel"][index]) if "tunnel" in given else False
        town = self.municipality
        if town is None and "municipality_code" in given:
            town = schemes.municipality_code(given["municipality_code"][index], dutch=self.dutch)
        title = words.street_name(given["municipality"][index]) if "municipality" in given else ""
        fault = words.fault_of_name(town or "") or words.fault_of_name(title)
        if fault is not None:
            self.report.refuse(where, town or title, fault)
            return
        for mark, wkb in pieces:
            self.kept += 1
            yield (
                self.kept,
                name,
                road_class,
                bridge,
                tunnel,
                town,
                title or None,
                mark_of(mark, road_class, bridge, tunnel),
                wkb,
            )

    def tell(self) -> None:
        """Put what was done on the way into the report's notes."""
        note, tally = self.report.note, self.tally
        if tally.passed.no_way:
            note(
                f"{tally.passed.no_way:,} lines are no way that people use (planned, under construction, platforms) "
                "and were left out."
            )
        if tally.passed.incomplete:
            note(
                f"{tally.passed.incomplete:,} ways miss nodes, as at the edge of an extract; the rest of them is kept."
            )
        if tally.passed.outside:
            note(f"{tally.passed.outside:,} ways lie outside the extract but for a node and were left out.")
        if tally.taken_apart:
            note(f"{tally.taken_apart:,} multi-lines were taken apart to their lines.")
        if tally.motorways:
            note(f"{tally.motorways:,} lines of motorways and trunk roads are kept without their name.")


def _store(
    session: Session,
    report: ImportReport,
    batch_id: int,
    *,
    complete: bool,
    partial: bool,
    on: date,
    progress: Progress,
) -> None:
    """Identity, differences and division of what stands in `incoming`."""
    loading.analyse(session, "incoming")
    doubled = session.execute(statement("import_doubles")).scalars().all()
    if doubled:
        report.note(f"{len(doubled):,} lines stand in the file twice; one of each was kept.")
    progress("dividing lines over areas", 0, None)
    loading.temporary(session, "divide_line")
    session.execute(text("INSERT INTO divide_line (id, geom) SELECT id, geom FROM incoming"))
    divide.lines(session)
    session.execute(statement("import_municipalities"))
    session.execute(text("ANALYZE incoming"))

    progress("recognising streets", 0, None)
    loading.temporary(session, "incoming_piece", "incoming_street")
    session.execute(statement("import_pieces"))
    loading.analyse(session, "incoming_piece")
    session.execute(statement("import_incoming_streets"))
    session.execute(text("CREATE INDEX ON incoming_street (key)"))
    loading.analyse(session, "incoming_street")
    matching.match(session)
    loading.analyse(session, "incoming_street")
    box = session.execute(
        text(
            "SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north "
            "FROM (SELECT ST_Extent(geom) AS box FROM incoming) AS lines"
        )
    ).one()

    progress("storing streets", 0, None)
    scope = {
        **box._mapping,
        "srid": reference_systems.storage(session).srid,
        "source": report.source,
        "complete": complete,
        "partial": partial,
        "on": on,
        "batch_id": batch_id,
    }

    def run(name: str) -> list[Any]:
        query = statement(name)
        rows: Any = session.execute(query, {bind: scope[bind] for bind in query.compile().params})
        return list(rows.all()) if rows.returns_rows else []

    vanished = [] if partial else run("import_vanished")
    moved = {row.id for row in run("import_merge_streets")}
    run("import_new_streets")
    named = {row.id for row in run("import_rename_streets")}
    loading.temporary(session, "incoming_line", "stored_line", "gone_line")
    run("import_incoming_lines")
    run("import_stored_lines")
    loading.analyse(session, "incoming_line", "stored_line")
    gone_rows, new_rows = run("import_segments_gone"), run("import_segments_new")
    gone, new = {row.street_id for row in gone_rows}, {row.street_id for row in new_rows}
    if gone or new:
        loading.analyse(session, "segment", "street")
    added = {row.street_id for row in session.execute(text("SELECT street_id FROM incoming_street WHERE is_new"))}
    back = {row.id for row in run("import_streets_back")}
    streets = int(session.execute(text("SELECT count(*) FROM incoming_street")).scalar_one())
    touched = {street_id for street_id in (gone | new | moved | added) if street_id is not None}
    report.added = len(added)
    report.changed = len((touched | back | named) - added - {row.id for row in vanished})
    report.unchanged = streets - report.added - report.changed
    report.vanished = len(vanished)
    if vanished:
        names = ", ".join(sorted(row.name for row in vanished)[:NAMED])
        report.note(
            f"{len(vanished):,} streets are not in this file any more: {names}"
            f"{', and so on' if len(vanished) > NAMED else ''}."
        )
        kept = [row.name for row in vanished if row.has_stretches]
        if kept:
            report.note(f"{len(kept):,} of them stay on the map because residents care for them: {', '.join(kept)}.")
    ways = [sum(row.street_id is None for row in rows) for rows in (new_rows, gone_rows)]
    if any(ways):
        report.note(f"Ways without a name, for walking only: {ways[0]:,} added, {ways[1]:,} removed.")
    if touched:
        progress("making street parts", 0, None)
        session.execute(
            statement("import_mark_streets"), {"ids": sorted(touched), "source": report.source, "batch_id": batch_id}
        )
        divide.parts(session, sorted(touched))
        loading.analyse(session, "street_part")
        moved |= set(session.execute(statement("import_move_stretches"), {"ids": sorted(touched)}).scalars())
        relink(session, report, sorted(touched | moved))
        energy.keep_near_streets(session, sorted(touched | moved))
    elif vanished or back:
        addresses.follow(session, sorted(back | {row.id for row in vanished}))
    progress("joining streets", 0, None)
    street_edges.keep(session)


def relink(session: Session, report: ImportReport, street_ids: Sequence[int]) -> None:
    """Snap the stretches on these streets onto their new lines, and name those of which nothing is left there."""
    with_stretches = list(session.execute(statement("import_streets_with_stretches"), {"ids": street_ids}).scalars())
    lost: list[int] = []
    for first in range(0, len(with_stretches), AT_ONCE):
        lost += links.relink_streets(session, with_stretches[first : first + AT_ONCE])
    if lost:
        titles = (
            session.execute(
                text(
                    "SELECT DISTINCT a.title FROM stretch AS s JOIN asset AS a ON a.id = s.asset_id "
                    "WHERE s.id = ANY (CAST(:ids AS bigint[])) ORDER BY a.title"
                ),
                {"ids": lost},
            )
            .scalars()
            .all()
        )
        report.note(
            f"{len(lost):,} stretches lie more than 25 m from the street as it is now and keep their old line: "
            f"{', '.join(titles[:NAMED])}."
        )


def move_streets_to_their_municipality(session: Session) -> list[int]:
    """Ids of the streets that had no municipality and got one because its area is known now."""
    moved = set(session.execute(statement("import_street_municipalities")).scalars())
    session.execute(statement("import_name_municipalities"))
    return sorted(moved)
