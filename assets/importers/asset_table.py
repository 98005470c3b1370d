"""Import of assets from a table (CSV) or a map (GeoJSON, GeoPackage, OpenStreetMap nodes).

Each row becomes the same draft as a form or a request does, and goes through the same door (inventory.add, .change).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import pydantic
import shapely
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from assets import communities, erasure, inventory
from assets import crs as reference_systems
from assets.drafts import AssetDraft
from assets.errors import DomainError, Invalid
from assets.importers import asset_words, coordinates, files, layers, osm, schemes, tables, words
from assets.importers.batches import batch_of, close_batch, in_one_piece, source_label
from assets.importers.files import SourceFile
from assets.importers.report import ImportReport, Progress, UnreadableFile, silent
from assets.permissions import Permission, Viewer, require
from assets.sql import statement
from assets.vocabulary import AssetKind, Role, Theme

#: Rows per look-up of what is known; the session forgets them afterwards, so that a million rows fit in memory.
BATCH = 500

#: Why a row is left out that was imported before; what it says is not told again.
ERASED = "This entry was erased because the person asked for it; it is not brought back."


@dataclass
class _Row:
    """One row: where it stands, its cells by our column names, its tags, and its shape in the storage CRS."""

    where: str
    cells: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    shape: Any = None
    fault: str | None = None
    value: str = ""


@dataclass(frozen=True)
class _Defaults:
    kind: AssetKind | None
    title: str | None
    themes: tuple[Theme, ...]


def import_assets(
    session: Session,
    path: Path,
    *,
    format: str | None = None,
    layer: str | None = None,
    mapped: Sequence[str] = (),
    crs: str | None = None,
    kind: str | None = None,
    title: str | None = None,
    themes: Sequence[str] = (),
    source: str | None = None,
    by: str = "import",
    viewer: Viewer | None = None,
    dry_run: bool = False,
    progress: Progress = silent,
) -> ImportReport:
    """The report of bringing a file of assets into the database, in the session's transaction.

    A row is known again by its id column, else by its kind, title and place. The same row again changes nothing, also
    when someone changed the entry by hand since; a row that differs from last time changes the entry.

    Args:
        session: nothing is committed; with an error everything of the file is undone.
        path: CSV, GeoJSON, GeoPackage, GML, shapefile or OpenStreetMap, packed or not.
        format: refuse the file when it is not this one of `files.FORMATS`.
        layer: only this layer; else every layer.
        mapped: `theirs=ours` for columns that are not recognised by their name.
        crs: CRS of the coordinates, against what the file says.
        kind: kind of rows that do not tell it, in Dutch or English.
        title: title of rows that have none.
        themes: themes of rows that have none, in Dutch or English.
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
    report = ImportReport(what="assets", file_name=path.name, unit="rows", dry_run=dry_run)
    report.source = (source or source_label(path))[:200]
    columns = schemes.mapping(mapped, asset_words.ASSET_COLUMNS)
    defaults = _defaults(kind, title, themes)
    with in_one_piece(session, dry_run=dry_run), files.opened(path, format=format) as found:
        report.format = found[0].format
        batch_id = batch_of(session, report, by=by)
        reading = _Reading(session, report, columns, crs)
        storing = _Storing(session, report, defaults, actor)
        pending: list[_Row] = []
        for number, row in enumerate(reading.rows(found, layer), start=1):
            pending.append(row)
            if len(pending) == BATCH:
                storing.store(pending)
                pending = []
                progress("storing assets", number, reading.total)
        storing.store(pending)
        storing.tell()
        close_batch(session, batch_id, report)
    return report


def _defaults(kind: str | None, title: str | None, themes: Sequence[str]) -> _Defaults:
    named = asset_words.kind(kind) if kind is not None else None
    if kind is not None and named is None:
        raise Invalid("There is no kind {kind}; it is one of {kinds}.", kind=kind, kinds=", ".join(AssetKind))
    try:
        return _Defaults(named, title, tuple(asset_words.themes(",".join(themes))))
    except KeyError as word:
        raise Invalid(
            "There is no theme {word}; it is one of {themes}.", word=word.args[0], themes=", ".join(Theme)
        ) from None


class _Reading:
    """Reading any kind of file into rows of cells."""

    def __init__(self, session: Session, report: ImportReport, mapped: dict[str, str], crs: str | None) -> None:
        self.storage = reference_systems.storage(session)
        self.report, self.mapped, self.crs = report, mapped, crs
        self.total: int | None = None

    def rows(self, found: Sequence[SourceFile], wanted: str | None) -> Iterator[_Row]:
        """Every row of every file, or of the layer that is wanted."""
        maps = [file for file in found if file.format not in ("osm", "csv")]
        for file in found:
            if file.format == "csv":
                yield from self._table(file)
            elif file.format == "osm":
                yield from self._nodes(file)
        if maps:
            known = layers.listing(maps)
            chosen = [known[index] for index in schemes.best_layers([one.name for one in known], wanted)]
            self.total = sum(one.features for one in chosen)
            for one in chosen:
                yield from self._layer(one, "" if len(chosen) == 1 else f"{one.name} ")

    def _table(self, file: SourceFile) -> Iterator[_Row]:
        ours: dict[str, str] | None = None
        waiting: list[_Row] = []
        for line, cells in tables.rows(file, self.report):
            if ours is None:
                ours = self._columns(file, list(cells))
            self.report.read += 1
            waiting.append(
                _Row(f"line {line}", {name: cells.get(theirs, "") for name, theirs in ours.items()}, tags=cells)
            )
            if len(waiting) == BATCH:
                yield from self._points(waiting)
                waiting = []
        yield from self._points(waiting)

    def _columns(self, file: SourceFile, header: list[str]) -> dict[str, str]:
        schemes.check_mapped(self.mapped, header)
        ours = asset_words.asset_columns(header, self.mapped)
        if "title" not in ours and "kind" not in ours:
            raise UnreadableFile(
                "The table {name} has no column with titles or kinds (columns: {has}). Say which they are with "
                "--map theirs=title.",
                name=file.name,
                has=", ".join(header),
            )
        return ours

    def _points(self, rows: list[_Row]) -> list[_Row]:
        """The rows with their points, from x and y or from longitude and latitude, in the storage CRS."""
        by_crs: dict[str, list[tuple[_Row, shapely.Point]]] = {}
        for row in rows:
            pair = next(((a, b) for a, b in (("lon", "lat"), ("x", "y")) if row.cells.get(a) or row.cells.get(b)), None)
            if pair is None:
                continue
            try:
                x, y = (float(row.cells.get(name, "").replace(",", ".")) for name in pair)
            except ValueError:
                row.fault = f"{pair[0]} and {pair[1]} are not both numbers."
                continue
            degrees = pair == ("lon", "lat") or (abs(x) <= 180 and abs(y) <= 90)
            given = self.crs or f"EPSG:{reference_systems.WGS84 if degrees else self.storage.srid}"
            by_crs.setdefault(given, []).append((row, shapely.Point(x, y)))
        for given, placed in by_crs.items():
            shapes = numpy.array([point for _, point in placed], dtype=object)
            broken = numpy.zeros(len(shapes), dtype=bool)
            self._placed([row for row, _ in placed], shapes, broken, coordinates.by_name(given))
        return rows

    def _nodes(self, file: SourceFile) -> Iterator[_Row]:
        """Nodes of OpenStreetMap that are something we know; the others are no assets and are passed over."""
        reference = coordinates.by_name("EPSG:4326")
        passed = 0
        self.report.crs = reference.name
        for number, lon, lat, tags in osm.nodes(file):
            if asset_words.recognised(tags) is None:
                passed += 1
                continue
            self.report.read += 1
            ours = asset_words.asset_columns(list(tags), self.mapped)
            row = _Row(f"node {number}", {name: tags[theirs] for name, theirs in ours.items() if theirs in tags}, tags)
            row.cells["id"] = f"node/{number}"
            point = numpy.array([shapely.Point(lon, lat)], dtype=object)
            self._placed([row], point, numpy.array([False]), reference)
            yield row
        if passed:
            self.report.note(f"{passed:,} nodes are nothing that an asset map shows and were passed over.")

    def _layer(self, layer: layers.Layer, label: str) -> Iterator[_Row]:
        schemes.check_mapped(self.mapped, layer.columns)
        ours = asset_words.asset_columns(layer.columns, self.mapped)
        wanted = list(dict.fromkeys([*ours.values(), *(c for c in layer.columns if c in asset_words.TAG_COLUMNS)]))
        reference = None
        for batch in layers.read(layer, wanted):
            if reference is None and layer.shape is not None:
                reference = coordinates.recognise(layer.crs, batch.shapes, given=self.crs, storage=self.storage)
                self.report.crs = reference.name
                if reference.note:
                    self.report.note(reference.note)
            rows = []
            for index in range(len(batch.shapes)):
                told = {name: _text(values[index]) for name, values in batch.columns.items()}
                cells = {name: told[theirs] for name, theirs in ours.items()}
                rows.append(_Row(f"{label}feature {batch.first + index}", cells, told))
            self.report.read += len(rows)
            if reference is not None:
                self._placed(rows, batch.shapes, batch.broken, reference)
            yield from rows

    def _placed(self, rows: list[_Row], shapes: Any, broken: Any, reference: coordinates.Reference) -> None:
        placed = coordinates.place(shapes, broken, reference=reference, storage=self.storage, decimals=3)
        for index, (row, shape, reason) in enumerate(zip(rows, placed.shapes, placed.reasons, strict=True)):
            # a row without a geometry may still have a place: the street or the neighbourhood that it names
            nothing = shapes[index] is None and not broken[index]
            row.shape, row.value = shape, placed.values.get(index, "")
            row.fault = row.fault or (None if nothing else reason)
            if shape is not None and shape.geom_type.startswith("Multi") and len(shape.geoms) == 1:
                row.shape = shape.geoms[0]


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


class _Storing:
    """Rows into drafts, drafts into the inventory, refusals into the report."""

    def __init__(self, session: Session, report: ImportReport, defaults: _Defaults, viewer: Viewer) -> None:
        self.session, self.report, self.defaults, self.viewer = session, report, defaults, viewer
        self.storage = reference_systems.storage(session)
        self.community_id = communities.default_id(session)
        self.seen: set[bytes] = set()
        self.areas: dict[str, str] = {}
        self.recognised = 0

    def store(self, rows: Sequence[_Row]) -> None:
        """Store, change or refuse each row."""
        drafts: list[tuple[_Row, str, AssetDraft | Invalid]] = []
        for row in rows:
            try:
                draft = self._draft(row)
            except Invalid as refused:
                drafts.append((row, "", refused))
                continue
            key = self._key(row, draft)
            mark = hashlib.md5(key.encode(), usedforsecurity=False).digest()
            doubled = mark in self.seen
            self.seen.add(mark)
            drafts.append((row, key, Invalid("The same entry stands in the file twice.") if doubled else draft))
        known = {
            found.source_key: found
            for found in self.session.execute(
                statement("import_known_assets"),
                {"source": self.report.source, "keys": [key for _, key, _ in drafts if key], "by": self.viewer.name},
            )
        }
        gone = erasure.was_erased(self.session, self.report.source, [key for _, key, _ in drafts if key])
        for row, key, result in drafts:
            if key in gone:
                self.report.refuse(row.where, "", ERASED)
            elif isinstance(result, Invalid):
                value = row.cells.get("title") or row.cells.get("kind") or row.value or _tag(row.tags)
                self.report.refuse(row.where, value, str(result), kind=_kind_of(result))
            else:
                self._one(row, key, result, known.get(key))
        self.session.flush()
        self.session.expunge_all()

    def _one(self, row: _Row, key: str, draft: AssetDraft, known: Any) -> None:
        try:
            with self.session.begin_nested():
                if known is None:
                    inventory.add(
                        self.session,
                        draft,
                        by=self.viewer,
                        community_id=self.community_id,
                        source=self.report.source,
                        source_key=key,
                    )
                elif known.told == inventory.told(draft):
                    self.report.unchanged += 1
                    return
                else:
                    inventory.change(self.session, known.id, draft, by=self.viewer)
        except DomainError as refused:
            self.report.refuse(row.where, draft.title, str(refused))
        except DBAPIError:
            self.report.refuse(row.where, draft.title, "The database does not accept this entry as it is.")
        else:
            self.report.added += known is None
            self.report.changed += known is not None

    def _draft(self, row: _Row) -> AssetDraft:
        """The draft of a row; Invalid with the reason when it makes none."""
        if row.fault is not None:
            raise Invalid("{fault}", fault=row.fault)
        cells = {name: value for name, value in row.cells.items() if value}
        kind, by_tag = self._kind(row, cells)
        values: dict[str, Any] = {"kind": kind, "title": cells.get("title") or self.defaults.title or by_tag[1]}
        if not values["title"]:
            raise Invalid("It has no title; give one for all with --title.")
        for name in ("description", "rhythm", "recurrence_minutes", "language", "member_count"):
            if name in cells:
                values[name] = cells[name]
        for name in ("started_on", "ended_on", "confirmed_on"):
            if name in cells:
                values[name] = asset_words.day(cells[name])
        if "recurrence" in cells:
            values["recurrence"] = asset_words.rule(cells["recurrence"])
        if "recurrence_start" in cells:
            values["recurrence_start"] = asset_words.moment(cells["recurrence_start"])
        for name in ("open_to_newcomers", "resident_run", "wheelchair_accessible"):
            values[name] = _understood(asset_words.yes_or_no, cells.get(name, ""), "is neither yes nor no")
        named = _understood(asset_words.themes, cells.get("themes", ""), "is no theme")
        values["themes"] = named or list(self.defaults.themes) or by_tag[0]
        if schemes.plain(cells.get("kind", "")) == "prikstraat" and not values["themes"]:
            values["themes"] = [Theme.litter]
        values["gifts"] = _understood(asset_words.gifts, cells.get("gifts", ""), "is not head, heart or hands")
        values["gifts"] += [
            {"of": of, "what": what}
            for of in ("head", "heart", "hands")
            for what in (part.strip() for part in cells.get(of, "").split(";"))
            if what
        ]
        values["place"] = self._place(kind, row, cells)
        try:
            return AssetDraft(**values)
        except pydantic.ValidationError as refused:
            raise Invalid("{reason}", reason=_reason(refused)) from None

    def _kind(self, row: _Row, cells: dict[str, str]) -> tuple[AssetKind, tuple[list[Theme], str]]:
        """What the row is, with the themes and the title that its tags suggest."""
        tags = asset_words.recognised(row.tags)
        suggested = ([tags[1]], tags[2]) if tags is not None else ([], "")
        if "kind" in cells:
            kind = asset_words.kind(cells["kind"])
            if kind is None and tags is None and self.defaults.kind is not None:
                # a column that sounds like ours may hold something else, such as the species of a tree
                self.report.note("Some rows have a word that is no kind where kinds stand; --kind was taken for them.")
            elif kind is None and tags is None:
                raise Invalid(
                    "{word} is no kind; it is one of {kinds}.",
                    word=words.street_name(cells["kind"])[:40],
                    kinds=", ".join(AssetKind),
                )
            if kind is not None:
                return kind, suggested
        if self.defaults.kind is not None:
            return self.defaults.kind, suggested
        if tags is not None:
            self.recognised += 1
            return tags[0], suggested
        raise Invalid("Its kind is not told; map a column with --map theirs=kind or give --kind for all.")

    def _place(self, kind: AssetKind, row: _Row, cells: dict[str, str]) -> dict[str, Any]:
        place: dict[str, Any] = {}
        if row.shape is not None:
            place = {"geometry": shapely.geometry.mapping(row.shape), "crs": f"EPSG:{self.storage.srid}"}
        if kind == AssetKind.street_initiative and row.shape is None and "street" in cells:
            whole = _understood(asset_words.yes_or_no, cells.get("whole", "ja"), "is neither yes nor no")
            if not whole:
                raise Invalid("A part of a street needs a line; a table can name whole streets only.")
        if kind in (AssetKind.street_initiative, AssetKind.person):
            if "street" in cells:
                place["street"] = cells["street"]
            if "area" in cells:
                place["area"] = self._area(cells["area"])
        if kind == AssetKind.person:
            shows = {"straat": "street", "buurt": "neighbourhood", "niets": "none", "nee": "none"}
            place["show"] = shows.get(cells.get("show", "buurt").casefold(), cells.get("show", ""))
            if "show" not in cells and not ({"street", "area", "geometry"} & place.keys()):
                place["show"] = "none"
        return place

    def _area(self, words_of: str) -> str:
        """The code of the area that is meant, when its name is given; else the word as it is."""
        if words_of not in self.areas:
            codes = self.session.execute(statement("import_area_by_name"), {"name": words_of}).scalars().all()
            if len(codes) > 1:
                raise Invalid(
                    "There are several areas called {name}: {codes}.", name=words_of[:40], codes=", ".join(codes[:5])
                )
            self.areas[words_of] = codes[0] if codes else words_of
        return self.areas[words_of]

    def _key(self, row: _Row, draft: AssetDraft) -> str:
        """What a row is known by from one import to the next.

        Of a person only the words count: where they live exactly is kept nowhere, not even in a mark.
        """
        if row.cells.get("id"):
            return row.cells["id"][:200]
        place = "" if draft.kind == AssetKind.person else repr(draft.place.model_dump(mode="json"))
        return hashlib.md5(f"{draft.kind}\x1f{draft.title}\x1f{place}".encode(), usedforsecurity=False).hexdigest()

    def tell(self) -> None:
        """Put what was recognised into the report's notes."""
        if self.recognised:
            self.report.note(
                f"{self.recognised:,} entries were recognised by their tags, such as amenity or bgtplustype."
            )


def _kind_of(refused: Invalid) -> str:
    """The reason without the one word it is about, to count alike refusals together."""
    values = {**refused.values, "word": "…"}
    return refused.message.format(**values) if "word" in refused.values else str(refused)


def _tag(tags: Mapping[str, str]) -> str:
    """The tag by which a feature is known best, for a report."""
    return next((tags[name] for name in asset_words.TAG_COLUMNS if tags.get(name)), "")


def _understood(read: Any, words_of: str, complaint: str) -> Any:
    """What a reader makes of a cell; Invalid with the word that it does not understand."""
    try:
        return read(words_of)
    except KeyError as word:
        raise Invalid("{word} {complaint}.", word=str(word.args[0])[:40], complaint=complaint) from None


def _reason(refused: pydantic.ValidationError) -> str:
    """The faults of a draft as one sentence each, in our words."""
    reasons = []
    for fault in refused.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"])
        most = fault.get("ctx", {}).get("max_length")
        if fault["type"] == "value_error":
            what = fault["msg"].removeprefix("Value error, ")
        elif fault["type"] in ("string_too_long", "too_long") and most is not None:
            what = f"It is longer than {most} characters."
        elif fault["type"] == "string_too_short":
            what = "It is empty."
        else:
            what = "It cannot be used as it is."
        reasons.append(f"{where}: {what}" if where else what)
    return " ".join(reasons)
