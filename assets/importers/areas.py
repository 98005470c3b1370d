"""Import of areas: municipalities, districts and neighbourhoods of any producer and year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import crs as reference_systems
from assets import energy
from assets.errors import Invalid
from assets.importers import coordinates, divide, files, layers, loading, schemes, words
from assets.importers.batches import batch_of, close_batch, in_one_piece, source_label
from assets.importers.layers import Layer
from assets.importers.marks import mark_of
from assets.importers.report import ImportReport, Progress, UnreadableFile, silent
from assets.sql import statement
from assets.vocabulary import AreaKind

#: How far outlines may reach beyond the area of use: they follow sea borders and are drawn coarsely.
MARGIN_M = 20_000.0
LONGEST_CODE = 40
#: A count that the file has no column for: what is known of it stays.
NOT_TOLD = -1
#: Codes named in a note before "and so on".
NAMED = 12


@dataclass
class _Found:
    """One area put together from the rows of a file."""

    code: str
    kind: AreaKind
    name: str
    parent_code: str | None
    municipality_code: str | None
    counts: tuple[int | None, int | None, int | None]
    shapes: list[BaseGeometry] = field(default_factory=list)


@dataclass
class _Tally:
    """What was done to rows on the way, told in the notes at the end."""

    water: int = 0
    other_level: dict[str, int] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)
    joined: set[str] = field(default_factory=set)
    unknown_counts: int = 0
    taken_apart: int = 0


def import_areas(
    session: Session,
    path: Path,
    *,
    format: str | None = None,
    layer: str | None = None,
    mapped: Sequence[str] = (),
    crs: str | None = None,
    kind: AreaKind | None = None,
    code: str | None = None,
    name: str | None = None,
    source: str | None = None,
    by: str = "import",
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The report of bringing a file of areas into the database, in the session's transaction.

    Args:
        session: nothing is committed; with an error everything of the file is undone.
        path: GeoPackage, GeoJSON, GML, shapefile or FlatGeobuf, packed or not.
        format: refuse the file when it is not this one of `files.FORMATS`.
        layer: only this layer; else every layer that is recognised.
        mapped: `theirs=ours` for columns that are not recognised by their name.
        crs: CRS of the coordinates, against what the file says.
        kind: level of all rows that do not tell it.
        code: code of the one area in a file that has no attributes; with `name` and `kind`.
        name: its name.
        source: label of where it comes from; default the file's name without its endings.
        by: who imports, for the record.
        dry_run: do everything and undo it.
        progress: told how far it is.

    Raises:
        Invalid: a wrong option, or a file that cannot be used as a whole.
    """
    report = ImportReport(what="areas", file_name=path.name, unit="polygons", dry_run=dry_run)
    report.source = (source or source_label(path))[:200]
    columns = schemes.mapping(mapped, schemes.AREA_COLUMNS)
    kind = AreaKind(kind) if kind is not None else None
    with in_one_piece(session, dry_run=dry_run), files.opened(path, format=format) as found:
        if all(file.format in ("osm", "csv") for file in found):
            what = "OpenStreetMap data" if found[0].format == "osm" else "a table without geometry"
            raise UnreadableFile(
                "The file {name} is {what}; areas come as polygons (GeoPackage, GeoJSON, GML, shapefile).",
                name=path.name,
                what=what,
            )
        report.format = found[0].format
        known = layers.listing([file for file in found if file.format not in ("osm", "csv")])
        chosen = [known[index] for index in schemes.best_layers([one.name for one in known], layer)]
        areas = _Reading(session, report, columns, crs, kind, code, name, progress).all_of(chosen, wanted=layer)
        _store(session, report, areas, by=by, progress=progress)
    return report


class _Reading:
    """Reading the chosen layers into areas, in the storage CRS."""

    def __init__(
        self,
        session: Session,
        report: ImportReport,
        mapped: dict[str, str],
        crs: str | None,
        kind: AreaKind | None,
        code: str | None,
        name: str | None,
        progress: Progress,
    ) -> None:
        self.storage = reference_systems.storage(session)
        self.dutch = self.storage.srid == reference_systems.RD
        self.report = report
        self.mapped, self.crs, self.kind, self.code, self.name = mapped, crs, kind, code, name
        self.progress = progress
        self.tally = _Tally()
        self.areas: dict[str, _Found] = {}

    def all_of(self, chosen: Sequence[Layer], *, wanted: str | None) -> dict[str, _Found]:
        """Code → area, of every layer that is recognised."""
        used = 0
        for layer in chosen:
            reason = self._why_not(layer)
            if reason is None:
                used += 1
                self._read(layer)
            elif len(chosen) == 1 or wanted:
                raise UnreadableFile("{reason}", reason=reason)
            else:
                self.report.note(f"Layer {layer.name} was left out: {reason[0].lower()}{reason[1:]}")
        if not used:
            raise UnreadableFile(
                "No layer of {file} holds areas; it has {names}.",
                file=self.report.file_name,
                names=", ".join(layer.name for layer in chosen),
            )
        self._tell()
        return self.areas

    def _why_not(self, layer: Layer) -> str | None:
        """Why a layer cannot be areas, or None."""
        if layer.shape is None:
            return f"The layer {layer.name} is a table without geometry."
        if "Point" in layer.shape or "Line" in layer.shape:
            return (
                f"The layer {layer.name} holds {'points' if 'Point' in layer.shape else 'lines'}; areas are polygons."
            )
        schemes.check_mapped(self.mapped, layer.columns)
        if self.code is not None or schemes.area_scheme(layer.columns, self.mapped, self.kind).code is not None:
            return None
        has = ", ".join(layer.columns) or "no columns at all"
        return (
            f"The areas of {layer.name} have no code that is recognised (columns: {has}). Say which column it is with "
            "--map theirs=code, or for a file of one area give --kind, --code and --name."
        )

    def _read(self, layer: Layer) -> None:
        scheme = schemes.area_scheme(layer.columns, self.mapped, self.kind)
        if self.code is not None and layer.features > 1:
            raise Invalid(
                "--code names one area, but {layer} holds {count} features.", layer=layer.name, count=layer.features
            )
        if self.code is not None and (self.kind or schemes.kind_of_code(self.code)) is None:
            raise Invalid("The level of the area is not known; give --kind municipality, district or neighbourhood.")
        reference = None
        for batch in layers.read(layer, scheme.columns):
            if reference is None:
                reference = coordinates.recognise(layer.crs, batch.shapes, given=self.crs, storage=self.storage)
                self.report.crs = reference.name
                if reference.note:
                    self.report.note(reference.note)
            placed = coordinates.place(
                batch.shapes, batch.broken, reference=reference, storage=self.storage, margin_m=MARGIN_M
            )
            for index in range(len(batch.shapes)):
                self._row(layer, scheme, batch, placed, index)
                self.progress("reading areas", batch.first + index, layer.features)
            self.report.read += len(batch.shapes)

    def _row(
        self, layer: Layer, scheme: schemes.AreaScheme, batch: layers.Batch, placed: coordinates.Placed, index: int
    ) -> None:
        """Take one row in, count it as left out, or refuse it."""

        def value(column: str | None) -> Any:
            return batch.columns[column][index] if column is not None else None

        if scheme.water is not None and words.is_water(value(scheme.water)):
            self.tally.water += 1
            return
        where = f"{layer.name} feature {batch.first + index}"
        told = words.street_name(value(scheme.code)) if self.code is None else self.code
        kind = self.kind or scheme.kind
        code: str | None = told
        if scheme.register == "tir" and self.code is None and kind is not None:
            code = schemes.tir_code(value(scheme.municipality), told, kind)
            if code is None:
                self.report.refuse(where, f"{value(scheme.municipality)} {told}", "These make no area code.")
                return
        elif not told:
            self.report.refuse(where, value(scheme.name), "The area has no code.")
            return
        assert code is not None  # noqa: S101  refused above
        if kind == AreaKind.municipality and scheme.kind is not None and scheme.register != "tir":
            code = schemes.municipality_code(code, dutch=self.dutch) or code
        kind = kind or schemes.kind_of_code(code) or schemes.kind_of_word(value(scheme.kind_column))
        if kind is None:
            other = next((word for start, word in schemes.OTHER_LEVELS if code.startswith(start)), None)
            if other is not None and self.code is None:
                self.tally.other_level[other] = self.tally.other_level.get(other, 0) + 1
            else:
                self.report.refuse(
                    where, code, "Its level is not known; give --kind municipality, district or neighbourhood."
                )
            return
        title = words.street_name(value(scheme.name)) if self.name is None else words.street_name(self.name)
        fault = words.fault_of_name(title) or words.fault_of_name(code)
        if fault is not None or len(code) > LONGEST_CODE:
            self.report.refuse(where, title, fault or f"A code has at most {LONGEST_CODE} characters.")
            return
        if placed.reasons[index] is not None:
            self.report.refuse(where, f"{code} {placed.values[index]}", placed.reasons[index] or "")
            return
        surface = self._surface(placed.shapes[index], code)
        if surface is None:
            self.report.refuse(where, code, "The geometry holds no surface; areas are polygons.")
            return
        self._take(code, kind, title, surface, scheme, value)

    def _take(
        self, code: str, kind: AreaKind, title: str, surface: BaseGeometry, scheme: schemes.AreaScheme, value: Any
    ) -> None:
        """Keep the surface under its code, with another part of the same area when that was read before."""
        columns = (scheme.population, scheme.households, scheme.addresses)
        counts = tuple(words.count(value(column)) if column is not None else NOT_TOLD for column in columns)
        self.tally.unknown_counts += sum(
            column is not None and number is None for column, number in zip(columns, counts, strict=True)
        )
        town = schemes.municipality_code(value(scheme.municipality), dutch=self.dutch)
        parent = words.street_name(value(scheme.parent)) or None
        if parent is not None and kind == AreaKind.district:
            parent = schemes.municipality_code(parent, dutch=self.dutch)
        if not title and code not in self.areas:
            self.tally.nameless.append(code)
        area = self.areas.get(code)
        if area is None:
            self.areas[code] = area = _Found(code, kind, title or code, parent, town, (None, None, None))
        else:
            self.tally.joined.add(code)
        area.counts = (
            counts[0] if area.counts[0] is None else area.counts[0],
            counts[1] if area.counts[1] is None else area.counts[1],
            counts[2] if area.counts[2] is None else area.counts[2],
        )
        area.shapes.append(surface)

    def _surface(self, shape: BaseGeometry, code: str) -> BaseGeometry | None:
        """The polygons of any geometry, valid; None where it has none."""
        if shape.geom_type == "GeometryCollection":
            self.tally.taken_apart += 1
        if not shapely.is_valid(shape):
            shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
            self.tally.mended.append(code)
        return polygons(shape)

    def _tell(self) -> None:
        """Put what was done on the way into the report's notes."""
        note, tally = self.report.note, self.tally
        if tally.water:
            note(f"{tally.water:,} polygons of water were left out.")
        for word, number in tally.other_level.items():
            note(f"{number:,} {word} were left out: the map knows municipalities, districts and neighbourhoods.")
        if tally.taken_apart:
            note(f"{tally.taken_apart:,} geometry collections were taken apart to their polygons.")
        if tally.mended:
            note(f"{len(tally.mended):,} outlines crossed themselves and were made valid: {_some(tally.mended)}.")
        if tally.nameless:
            note(f"{len(tally.nameless):,} areas have no name and go by their code: {_some(tally.nameless)}.")
        if tally.joined:
            note(f"{len(tally.joined):,} areas came in several rows, which were joined: {_some(sorted(tally.joined))}.")
        if tally.unknown_counts:
            note(
                f"{tally.unknown_counts:,} counts are not published (CBS writes a negative number or nothing) "
                "and are kept as unknown."
            )


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:NAMED]) + (", and so on" if len(codes) > NAMED else "")


def polygons(shape: BaseGeometry) -> BaseGeometry | None:
    """All polygons of a geometry together as one valid surface, None when it has none; lines and points fall away."""
    pieces: list[BaseGeometry] = [shape]
    while any(piece.geom_type not in ("Polygon", "LineString", "Point", "LinearRing") for piece in pieces):
        pieces = list(shapely.get_parts(pieces))
    faces = [piece for piece in pieces if piece.geom_type == "Polygon" and piece.area > 0]
    if not faces:
        return None
    whole: Any = shapely.multipolygons(faces)
    if not shapely.is_valid(whole):
        whole = shapely.multipolygons(shapely.get_parts(shapely.union_all(faces)))
    return cast(BaseGeometry, whole)


def label_point(surface: BaseGeometry) -> BaseGeometry:
    """Where a label stands best: the centre of the largest circle within the largest polygon; always inside it."""
    largest = max(shapely.get_parts(surface), key=lambda face: float(face.area))
    tolerance = max(float(largest.area) ** 0.5 / 50, 0.01)
    coarse = shapely.simplify(largest, tolerance / 4)
    circle = shapely.maximum_inscribed_circle(coarse if shapely.is_valid(coarse) else largest, tolerance)
    centre = shapely.Point(shapely.get_coordinates(circle)[0])
    return centre if shapely.contains_properly(largest, centre) else shapely.point_on_surface(largest)


def _store(session: Session, report: ImportReport, areas: dict[str, _Found], *, by: str, progress: Progress) -> None:
    """Write what is new or changed, link the levels, and divide the streets again where something changed."""
    known = {row.code: row.fingerprint for row in session.execute(text("SELECT code, fingerprint FROM area"))}
    srid = reference_systems.storage(session).srid

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, area in enumerate(areas.values(), start=1):
            progress("storing areas", number, len(areas))
            whole = area.shapes[0] if len(area.shapes) == 1 else polygons(shapely.union_all(area.shapes))
            assert whole is not None  # noqa: S101  each of its parts is a surface
            geom: Any = shapely.set_srid(
                whole if whole.geom_type == "MultiPolygon" else shapely.multipolygons([whole]), srid
            )
            mark = mark_of(area.kind.value, area.name, area.parent_code, *area.counts, shapely.to_wkb(geom))
            before = known.get(area.code)
            if before == mark:
                report.unchanged += 1
                continue
            report.added += before is None
            report.changed += before is not None
            yield (
                area.code,
                area.kind.value,
                area.name,
                area.parent_code,
                area.municipality_code,
                *area.counts,
                mark,
                shapely.to_wkb(geom, hex=True, include_srid=True),
                shapely.to_wkb(shapely.set_srid(label_point(geom), srid), hex=True, include_srid=True),
            )

    loading.temporary(session, "incoming_area")
    loading.copy(
        session,
        "incoming_area",
        (
            "code",
            "kind",
            "name",
            "parent_code",
            "municipality_code",
            "population",
            "households",
            "addresses",
            "fingerprint",
            "geom",
            "label_point",
        ),
        rows(),
    )
    batch_id = batch_of(session, report, by=by)
    missing = (
        session.execute(
            statement("import_areas_missing"), {"codes": list(areas), "kinds": sorted({a.kind for a in areas.values()})}
        )
        .scalars()
        .all()
    )
    if missing:
        report.note(
            f"{len(missing):,} known areas of the same municipalities are not in this file and stay: {_some(missing)}."
        )
    if report.added + report.changed:
        _write(session, report, batch_id, progress=progress)
    close_batch(session, batch_id, report)


def _write(session: Session, report: ImportReport, batch_id: int, *, progress: Progress) -> None:
    loading.analyse(session, "incoming_area")
    ids = list(session.execute(statement("import_areas"), {"source": report.source, "batch_id": batch_id}).scalars())
    loading.analyse(session, "area")
    progress("linking areas", 0, None)
    session.execute(statement("import_link_areas"))
    redivide(session, report, ids, progress=progress)


def redivide(session: Session, report: ImportReport, area_ids: Sequence[int], *, progress: Progress) -> None:
    """Bring streets, stretches and assets in line with areas that changed."""
    from assets.importers.streets import move_streets_to_their_municipality, relink

    has_streets = session.execute(text("SELECT EXISTS (SELECT FROM segment)")).scalar()
    if has_streets:
        progress("dividing streets", 0, None)
        touched = set(divide.segments(session, area_ids=area_ids))
        touched |= set(move_streets_to_their_municipality(session))
        if touched:
            divide.parts(session, sorted(touched))
            relink(session, report, sorted(touched))
            energy.keep_near_streets(session, sorted(touched))
            report.note(f"{len(touched):,} streets were divided again over the areas.")
    session.execute(statement("import_asset_areas"), {"area_ids": list(area_ids)})
