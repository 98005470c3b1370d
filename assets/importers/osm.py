"""OpenStreetMap files (.osm.pbf and .osm), streamed: ways for streets, nodes for assets.

The file passes by object by object. The places of nodes, needed to draw ways, are kept in memory for a small file and
in a file on disk for a large one, so that a country needs no more memory than a town.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy
import shapely

from assets.importers.files import SourceFile
from assets.importers.layers import Batch
from assets.importers.report import UnreadableFile
from assets.importers.words import NO_WAY

#: Ways or nodes per batch.
BATCH = 20_000
#: Above this size the places of nodes are kept on disk.
IN_MEMORY_BYTES = 40 * 1024**2
#: Tags of a way that are read.
WAY_TAGS = ("name", "highway", "bridge", "tunnel")


@dataclass
class Passed:
    """What was passed over while reading: kinds of ways that are no streets, lines that miss nodes."""

    no_way: int = 0
    incomplete: int = 0
    outside: int = 0


def ways(file: SourceFile, passed: Passed) -> Iterator[Batch]:
    """The ways that people walk along, with name, highway, bridge and tunnel; `osm_id` is the way's number."""
    import osmium

    rows: list[tuple[Any, ...]] = []
    first = 1
    with TemporaryDirectory(prefix="vuurtoren-nodes-") as folder:
        storage = "flex_mem"
        if file.path.stat().st_size > IN_MEMORY_BYTES:
            storage = f"sparse_file_array,{Path(folder) / 'nodes'}"
        try:
            processor = (
                osmium.FileProcessor(_source(file))
                .with_locations(storage)
                .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
                .with_filter(osmium.filter.KeyFilter("highway"))
            )
            for entity in processor:
                way: Any = entity
                tags = way.tags
                highway = tags.get("highway", "")
                if highway in NO_WAY:
                    passed.no_way += 1
                    continue
                runs = _runs(way.nodes)
                if sum(map(len, runs)) < len(way.nodes):
                    if all(len(run) < 2 for run in runs):
                        passed.outside += 1
                        continue
                    passed.incomplete += 1
                name = tags.get("name")
                rows.append((way.id, name, highway, tags.get("bridge"), tags.get("tunnel"), runs))
                if len(rows) == BATCH:
                    yield _way_batch(rows, first)
                    first += len(rows)
                    rows = []
        except (RuntimeError, ValueError, OSError):
            # osmium's own words name libraries and offsets, which help nobody
            raise _unreadable(file) from None
    yield _way_batch(rows, first)


def nodes(file: SourceFile) -> Iterator[tuple[int, float, float, dict[str, str]]]:
    """Each node that has tags: its number, longitude, latitude, and tags."""
    import osmium

    try:
        processor = osmium.FileProcessor(_source(file), osmium.osm.NODE).with_filter(osmium.filter.EmptyTagFilter())
        for entity in processor:
            node: Any = entity
            yield node.id, node.location.lon_without_check(), node.location.lat_without_check(), dict(node.tags)
    except (RuntimeError, ValueError, OSError):
        raise _unreadable(file) from None


def _runs(way_nodes: Any) -> list[list[tuple[float, float]]]:
    """The way's points, in pieces where an extract cut nodes out of it: nothing is drawn across the gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way_nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _source(file: SourceFile) -> Any:
    """The file with its format named by its content: its own name may say anything."""
    import osmium

    with file.path.open("rb") as stream:
        is_pbf = stream.read(16)[4:15] == b"\x0a\x09OSMHeader"
    return osmium.io.File(str(file.path), "pbf" if is_pbf else "osm")


def _way_batch(rows: list[tuple[Any, ...]], first: int) -> Batch:
    shapes = numpy.empty(len(rows), dtype=object)
    broken = numpy.zeros(len(rows), dtype=bool)
    for index, row in enumerate(rows):
        lines = [shapely.LineString(points) for points in row[-1] if len(points) > 1]
        broken[index] = not lines
        shapes[index] = None if not lines else lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
    names = ("osm_id", *WAY_TAGS)
    columns = {name: numpy.array([row[place] for row in rows], dtype=object) for place, name in enumerate(names)}
    return Batch(first=first, shapes=shapes, broken=broken, columns=columns)


def _unreadable(file: SourceFile) -> UnreadableFile:
    return UnreadableFile(
        "The OpenStreetMap file {name} is damaged or cut short; nothing of it was stored.", name=file.name
    )
