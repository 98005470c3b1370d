"""The small still map of one place: SVG without script, in which names stay text."""

from dataclasses import dataclass

import shapely
from lxml import etree
from shapely.geometry.base import BaseGeometry

from assets.vocabulary import AssetKind
from maps import still

SVG = "{http://www.w3.org/2000/svg}"
WINDOW = (0.0, 0.0, 480.0, 240.0)


@dataclass
class Street:
    name: str | None
    road_class: str
    shape: BaseGeometry


def read(markup: str) -> etree._Element:
    """The picture as a browser would read it."""
    return etree.fromstring(str(markup).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))


def names(picture: etree._Element) -> list[str]:
    return [one.text for one in picture.iter(f"{SVG}textPath")]


def test_hostile_names_stay_text() -> None:
    """A name with markup in it is shown as it stands."""
    name = '<script>alert(1)</script>"${x}'
    street = Street(name, "residential", shapely.LineString([(0, 100), (480, 100)]))
    picture = read(still.picture(AssetKind.club, shapely.Point(240, 200), [street], WINDOW))
    assert names(picture) == [name]
    assert not list(picture.iter(f"{SVG}script"))


def test_names_never_lie_over_one_another_nor_are_they_turned_over() -> None:
    """Of two streets in one place one is named, from left to right; a footpath has no name."""
    streets = [
        Street("Langestraat", "residential", shapely.LineString([(480, 60), (0, 60)])),
        Street("Kortestraat", "residential", shapely.LineString([(100, 62), (380, 62)])),
        Street(None, "footway", shapely.LineString([(0, 20), (480, 20)])),
        Street("Steeg", "residential", shapely.LineString([(10, 200), (20, 200)])),
    ]
    picture = read(still.picture(AssetKind.club, shapely.Point(240, 200), streets, WINDOW))
    assert names(picture) == ["Langestraat"]
    way = next(one for one in picture.iter(f"{SVG}path") if one.get("id") == "still-0")
    first, *_, last = way.get("d").removeprefix("M").split("L")
    assert float(first.split()[0]) < float(last.split()[0])


def test_each_kind_of_thing_is_drawn() -> None:
    """An initiative as its line, a park with its ground and symbol, a club as its symbol in the middle."""
    line = read(
        still.picture(AssetKind.street_initiative, shapely.MultiLineString([[(100, 100), (300, 100)]]), [], WINDOW)
    )
    assert [one.get("class") for one in line] == ["still-line-casing", "still-line"]
    park = read(still.picture(AssetKind.meeting_place, shapely.box(100, 100, 200, 200), [], WINDOW))
    assert [one.get("class", "").split()[0] for one in park] == ["still-ground", "still-halo", "still-symbol"]
    club = read(still.picture(AssetKind.club, shapely.Point(240, 120), [], WINDOW))
    halo = next(club.iter(f"{SVG}circle"))
    assert (float(halo.get("cx")), float(halo.get("cy"))) == (still.WIDTH / 2, still.HEIGHT / 2)
    assert next(club.iter(f"{SVG}use")).get("href") == "#symbol-club"
