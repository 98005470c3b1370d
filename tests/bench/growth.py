"""What work costs as the data grows: a city against the whole country, a hundred times as much."""

from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat

from tests.bench import question, tile
from tests.bench.country import MUNICIPALITY
from tests.bench.figures import Row, Way, alternate, ms
from tests.bench.load import Load, Request
from tests.bench.running import Database

ASKED = "<= 1.5 x"


def measure(load: Load, databases: dict[str, Database], ports: dict[str, int]) -> Iterator[Row]:
    """Page, tile and question at both sizes, taking turns."""
    tiles = {name: tile.cold(tile.of_area(databases[name], MUNICIPALITY, tile.ZOOM)) for name in ("city", "country")}
    fixed = {
        "map page": "/",
        "question, one municipality": f"{question.FIRST_PAGE}&area={MUNICIPALITY}",
    }
    for work, path in fixed.items():
        ways = {name: partial(asked, load, ports[name], repeat(path)) for name in tiles}
        yield line(work, settled(ways))
    yield line(
        f"tile z{tile.ZOOM} drawn anew",
        settled({name: partial(asked, load, ports[name], tiles[name]) for name in tiles}),
    )


def asked(load: Load, port: int, paths: Iterator[str]) -> list[float]:
    """Milliseconds of the next forty of these addresses."""
    return load.run(port, [Request(path) for path in islice(paths, 40)], count=40).ms


def settled(ways: dict[str, Way]) -> dict[str, float]:
    """Medians after a first round that does not count."""
    alternate(1, ways)
    return alternate(5, ways)


def line(work: str, found: dict[str, float]) -> Row:
    """Country beside city; the ratio is how much dearer the country is."""
    return Row(
        f"{work}, the whole country, p50", ms(found["country"]), "the city (1 %)", ms(found["city"]),
        f"{found['country'] / found['city']:.2f} x", ASKED,
    )  # fmt: skip
