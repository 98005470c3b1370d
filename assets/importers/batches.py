"""One file, one transaction: the record of an import, and undoing it as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, text
from sqlalchemy.orm import Session

from assets import walls
from assets.import_batches import ImportBatch
from assets.importers.report import ImportReport
from assets.links import STREETS_LOCK

#: Endings that say how a file is packed or written, not what it is about.
ENDINGS = {".gz", ".zip", ".geojson", ".json", ".gpkg", ".shp", ".gml", ".osm", ".pbf", ".csv", ".fgb", ".xml", ".txt"}

#: Who must be named for files that can only come from one maker; others are named by their source.
ATTRIBUTION_OF_FORMAT = {"osm": "© OpenStreetMap contributors"}


def source_label(path: Path) -> str:
    """The file's name without its endings: `leiden_straten_rd.shp.zip` is leiden_straten_rd."""
    name = path.name
    while Path(name).suffix.lower() in ENDINGS and Path(name).stem:
        name = Path(name).stem
    return name[:200]


@contextmanager
def in_one_piece(session: Session, *, dry_run: bool) -> Iterator[None]:
    """Everything inside happens as a whole: an error undoes it, and so does a dry run at its end."""
    # compiling these few large statements takes longer than running them, and their sorts need room
    session.execute(text("SET LOCAL jit = off"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    walls.see(session, walls.EVERYTHING)  # a street goes or stays with the conversations of every community
    # two files at once would see half of each other's streets: the second waits; so do writers of stretches
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": STREETS_LOCK})
    savepoint = session.begin_nested()
    try:
        yield
    except BaseException:
        savepoint.rollback()
        raise
    if dry_run:
        savepoint.rollback()
        session.expire_all()
    else:
        savepoint.commit()


def batch_of(session: Session, report: ImportReport, *, by: str) -> int:
    """The id of the import's row in `import_batch`, written as far as the report is now."""
    batch = ImportBatch(
        what=report.what,
        source=report.source,
        attribution=ATTRIBUTION_OF_FORMAT.get(report.format),
        file_name=report.file_name,
        format=report.format,
        crs=report.crs,
        by=by,
    )
    session.add(batch)
    session.flush()
    return batch.id


def close_batch(session: Session, batch_id: int, report: ImportReport) -> None:
    """Write the report's counts and notes into the import's row."""
    batch = session.get_one(ImportBatch, batch_id)
    batch.read, batch.added, batch.changed = report.read, report.added, report.changed
    batch.unchanged, batch.refused, batch.notes = report.unchanged, report.refused, list(report.notes)
    batch.finished_at = func.now()
    session.flush()
