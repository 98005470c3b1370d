"""The map page: what it weighs and how long the server works on it, with few assets and with a million."""

import gzip
import re
import time
import urllib.request
from collections.abc import Iterator
from functools import partial

from tests.bench.country import ASKED_ON
from tests.bench.figures import Row, Way, alternate, kb, ms, times
from tests.bench.load import Load, Request
from tests.bench.running import Database

SCRIPT = re.compile(r'<script[^>]*\ssrc="([^"]+)"')
INLINE = re.compile(r'<script type="module"[^>]*>(.*?)</script>', re.DOTALL)
SPECIFIER = re.compile(r"""(?:from|import)\s*\(?\s*["'](vuurtoren/[\w-]+)["']""")
#: A Folium page of more markers than this takes minutes.
MOST_MARKERS = 10_000


def measure(load: Load, ports: dict[int, int], databases: dict[int, Database]) -> Iterator[Row]:
    """One line for each number of assets; `ports` and `databases` by number of assets."""
    ways: dict[str, Way] = {str(assets): partial(asked, load, port) for assets, port in ports.items()}
    alternate(1, ways)
    found = alternate(5, ways)
    for assets, port in ports.items():
        page = fetched(port, "/")
        ours = found[str(assets)]
        if assets > MOST_MARKERS:
            yield Row(
                f"map page, {assets:,} assets, p50", ms(ours), "Folium with all as markers", "not tried", asked="<= 20 ms"
            )  # fmt: skip
        else:
            started = time.perf_counter()
            weight = len(gzip.compress(with_folium(databases[assets])))
            slow = (time.perf_counter() - started) * 1000
            yield Row(
                f"map page, {assets:,} assets, p50", ms(ours), "Folium with all as markers", ms(slow), times(ours, slow),
                "<= 20 ms",
            )  # fmt: skip
            yield Row(
                "  its HTML, gzipped", kb(len(gzip.compress(page, 5))), "the same", kb(weight),
                times(len(gzip.compress(page, 5)), weight), "<= 40 KB",
            )  # fmt: skip
            continue
        yield Row("  its HTML, gzipped", kb(len(gzip.compress(page, 5))), asked="<= 40 KB")
    scripts = loaded_scripts(next(iter(ports.values())))
    weight = sum(len(gzip.compress(body, 5)) for body in scripts.values())
    yield Row(f"  its {len(scripts)} scripts in all, gzipped", kb(weight), asked="<= 150 KB")


def asked(load: Load, port: int) -> list[float]:
    """Milliseconds of thirty pages."""
    return load.run(port, [Request("/")], count=30).ms


def fetched(port: int, path: str) -> bytes:
    """The unpacked body of an answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        body: bytes = answer.read()
    return body


def loaded_scripts(port: int) -> dict[str, bytes]:
    """Every script that the page makes a browser load, by address: the classic ones, and modules with their imports."""
    html = fetched(port, "/").decode()
    addresses = dict(re.findall(r'"(vuurtoren/[\w-]+)":\s*"([^"]+)"', html))
    found = {address: fetched(port, address) for address in SCRIPT.findall(html)}
    waiting = [name for script in INLINE.findall(html) for name in SPECIFIER.findall(script)]
    while waiting:
        address = addresses[waiting.pop()]
        if address not in found:
            found[address] = fetched(port, address)
            waiting += SPECIFIER.findall(found[address].decode())
    return found


def with_folium(database: Database) -> bytes:
    """The naive page: a Folium map with a marker for each asset, clustered in the browser."""
    import folium
    import geopandas
    from folium.plugins import MarkerCluster

    with database.engine() as engine:
        assets = geopandas.read_postgis(
            "SELECT id, title, kind, ST_PointOnSurface(ST_Transform(geom, 4326)) AS geom FROM published_asset"
            f" WHERE geom IS NOT NULL AND active_on @> DATE '{ASKED_ON}'",
            engine,
        )
    page = folium.Map(location=[assets.geom.y.mean(), assets.geom.x.mean()], zoom_start=12)
    cluster = MarkerCluster().add_to(page)
    for asset in assets.itertuples():
        folium.Marker([asset.geom.y, asset.geom.x], tooltip=asset.title).add_to(cluster)
    html: str = page.get_root().render()
    return html.encode()
