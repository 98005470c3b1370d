"""Putting something on the map as four people do it: with a mouse, with keys, with a thumb, and without script.

    KINDS                        what each kind is called on the form, and how its place is said
    Mouse, Keys, Thumb, Plain    the four; each has a page, and a place in the sample of its own
    pin(way, kind)               all four steps; gives the title of what is on the map then
    stored(server, title, way)   that entry as it stands in the database

Things are found by role and name. Nothing is begun before what it stands on is seen.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians
from string import ascii_lowercase
from typing import Any, ClassVar, Literal

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine, text

from assets.vocabulary import AssetKind
from tests.browser.waiting import until
from tests.conftest import Server


@dataclass(frozen=True)
class Kind:
    """A kind as the form offers it.

    Attributes:
        choice: the beginning of its name in the first step.
        label: how its name is asked.
        title: a name; of a person the way has one.
        where: on the map, by the name of a street, as a street, or where someone lives.
        more: other fields to fill in, by their labels.
    """

    choice: str
    label: str
    title: str
    where: Literal["map", "name", "street", "home"]
    more: tuple[tuple[str, str], ...] = ()


GIFT = "Handen: wat kan iemand maken of doen?"
KINDS = {
    AssetKind.person: Kind("Iemand met een talent", "Hoe noemen buren deze persoon?", "", "home", ((GIFT, "brood"),)),
    AssetKind.club: Kind("Een club", "Hoe heet de club?", "Schaakclub", "name"),
    AssetKind.meeting_place: Kind("Een plek", "Hoe heet de plek?", "Bankje", "map"),
    AssetKind.street_initiative: Kind("Een straat", "Hoe heten deze buren samen?", "Geveltuintjes", "street"),
    AssetKind.exchange: Kind("Iets te ruilen", "Wat is er te ruilen of te delen?", "Ladder", "map"),
    AssetKind.story: Kind("Een verhaal", "Hoe heet het verhaal?", "Het water", "map", (("In eigen woorden", "Hoog."),)),
    AssetKind.institution: Kind("Een instelling", "Hoe heet de instelling?", "Bibliotheek", "name"),
}


class Way:
    """How someone works; `actions` counts every touch and every field that is typed in.

    Each is somewhere else in the sample, or the form would offer what another pinned there before.
    """

    context: ClassVar[dict[str, Any]] = {"viewport": {"width": 1280, "height": 800}}
    person: str
    street: str
    area: str
    #: Longitude and latitude where the map opens, and where the way ends up putting its pin.
    begin: tuple[float, float]
    put: tuple[float, float]

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions: list[str] = []

    def press(self, what: Locator, name: str) -> None:
        """Press a button, choose an option, follow a link."""
        raise NotImplementedError

    def type(self, label: str, words: str) -> None:
        """Type in the field with this label."""
        raise NotImplementedError

    def choose(self, name: str) -> None:
        """Choose the radio button with this name."""
        self.press(self.page.get_by_role("radio", name=name), name)

    def forward(self, name: str = "Verder") -> None:
        """Press the button below the form."""
        self.press(self.page.get_by_role("button", name=name, exact=True), name)

    def arrives(self, heading: str) -> None:
        """See the step with this heading, which has the focus."""
        expect(self.page.get_by_role("heading", name=heading)).to_be_focused()

    def point_at_map(self) -> None:
        """Point at the middle of the map."""
        self.press(the_map(self.page), "the map")

    def on_the_map(self) -> None:
        """Put a pin on the map."""
        self.point_at_map()
        expect(said(self.page, "De speld staat op de kaart")).to_be_visible()

    def by_name(self) -> None:
        """Name a street, and take it from what is found."""
        self.find("Straat, buurt of adres", self.street)
        expect(self.page.get_by_role("img", name="De speld")).to_be_visible()

    def the_street(self) -> None:
        """Name a street: the whole of it is chosen."""
        self.find("Welke straat?", self.street)
        expect(said(self.page, f"{self.street}: de hele straat")).to_be_visible()

    def find(self, label: str, words: str) -> None:
        """Type a name and choose it from the list."""
        self.type(label, words)
        self.press(found(self.page, words), words)

    def home(self) -> None:
        """Say where someone lives by pointing at the map."""
        self.point_at_map()
        expect(said(self.page, f"Anderen zien: in {self.area}")).to_be_visible()


class Mouse(Way):
    """Someone at a desk who points and clicks, and types what has to be typed."""

    person, street, area = "Amina", "Perenstraat", "Oude Veer"
    begin = put = (5.3086, 52.5355)

    def press(self, what: Locator, name: str) -> None:
        """Click on it."""
        what.click()
        self.actions.append(f"click {name}")

    def type(self, label: str, words: str) -> None:
        """Click in the field and type."""
        field = self.page.get_by_label(label)
        field.click()
        field.press_sequentially(words)
        self.actions.append(f"type {label}")


class Thumb(Mouse):
    """Someone with a phone."""

    context: ClassVar[dict[str, Any]] = {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
    }
    person, street, area = "Bram", "Ankersteeg", "Oude Veer"
    begin = put = (5.3079, 52.5314)

    def press(self, what: Locator, name: str) -> None:
        """Touch it."""
        what.tap()
        self.actions.append(f"tap {name}")

    def type(self, label: str, words: str) -> None:
        """Touch the field and type, as the keyboard of a phone does that comes up then."""
        field = self.page.get_by_label(label)
        field.tap()
        field.press_sequentially(words)
        self.actions.append(f"type {label}")


#: Metres on the ground for a pixel of a map of zoom 17, and for a degree east, in the sample.
PIXEL_M = 40_075_016 * cos(radians(52.53)) / 2**25
DEGREE_M = 111_195 * cos(radians(52.53))


class Keys(Way):
    """Someone who has a keyboard and nothing else: Tab, arrows, Enter, space."""

    person, street, area = "Gerda", "Zonnestraat", "Zonnehof"
    begin = (5.3181, 52.5332)
    put = (begin[0] + 20 * PIXEL_M / DEGREE_M, begin[1])  # Shift and an arrow go 20 pixels

    def reach(self, what: Locator) -> None:
        """Tab on until this has the focus."""
        expect(what).to_be_visible()
        for _ in range(60):
            if what.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {what}")

    def press(self, what: Locator, name: str) -> None:
        """Go there and press Enter."""
        self.reach(what)
        self.page.keyboard.press("Enter")
        self.actions.append(f"key {name}")

    def type(self, label: str, words: str) -> None:
        """Go to the field and type."""
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.type(words)
        self.actions.append(f"type {label}")

    def choose(self, name: str) -> None:
        """Go to the first of the group and on with the arrow keys; space takes the one that Tab came to."""
        wanted = self.page.get_by_role("radio", name=name)
        self.reach(self.page.get_by_role("radio").first)
        self.page.keyboard.press("Space")
        for _ in range(10):
            if wanted.is_checked():
                break
            self.page.keyboard.press("ArrowDown")
        expect(wanted).to_be_checked()
        self.actions.append(f"key {name}")

    def forward(self, name: str = "Verder") -> None:
        """Enter goes on from a choice and from a field of one line; from elsewhere Tab goes to the button."""
        if not self.page.locator("input:focus").count():
            self.reach(self.page.get_by_role("button", name=name, exact=True))
        self.page.keyboard.press("Enter")
        self.actions.append(f"key {name}")

    def find(self, label: str, words: str) -> None:
        """Type a name, go to it in the list with an arrow key, and take it with Enter."""
        self.type(label, words)
        take(self.page, words)

    def on_the_map(self) -> None:
        """The button puts the pin under the cross; Tab comes to the pin, and arrows move it."""
        self.press(self.page.get_by_role("button", name="Zet het hier"), "put")
        self.reach(self.page.get_by_role("img", name="De speld"))
        self.page.keyboard.press("Shift+ArrowRight")
        expect(said(self.page, "De speld staat op de kaart")).to_be_visible()

    def home(self) -> None:
        """Say where someone lives by the name of the neighbourhood."""
        self.find("Straat of buurt", self.area)
        expect(said(self.page, f"Anderen zien: in {self.area}")).to_be_visible()


class Plain(Mouse):
    """Someone whose browser runs no scripts: no map, and buttons that ask the server."""

    context: ClassVar[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    person, street, area = "Willem", "Middaghof", "Zonnehof"
    begin = put = (5.3174, 52.5296)

    def arrives(self, heading: str) -> None:
        """See the step with this heading."""
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    def on_the_map(self) -> None:
        """Type coordinates."""
        self.press(self.page.get_by_text("Of typ coördinaten"), "coordinates")
        self.type("Oost (lengtegraad of x)", str(self.put[0]))
        self.type("Noord (breedtegraad of y)", str(self.put[1]))

    def find(self, label: str, words: str) -> None:
        """Type a name and have it looked for."""
        self.type(label, words)
        self.press(self.page.get_by_role("button", name="Zoek", exact=True), "Zoek")

    def by_name(self) -> None:
        """Name a street, and choose it from what is found."""
        self.find("Straat, buurt of adres", self.street)
        self.choose(self.street)

    def the_street(self) -> None:
        """Name a street: the whole of it is chosen."""
        self.find("Welke straat?", self.street)
        expect(self.page.get_by_role("group", name=self.street)).to_be_visible()
        expect(self.page.get_by_role("radio", name="de hele straat")).to_be_checked()

    def home(self) -> None:
        """Choose the neighbourhood from the list."""
        self.page.get_by_label("Buurt", exact=True).select_option(label=self.area)


def unlike() -> str:
    """A word that is unlike all others: what looks the same would be offered, also when a test is run again."""
    return "".join(random.choices(ascii_lowercase, k=12))


def the_map(page: Page) -> Locator:
    """The map of the second step."""
    return page.get_by_role("region", name="Kaart om de plek op te kiezen")


def found(page: Page, words: str) -> Locator:
    """What begins with these words in the list below the search field."""
    listed = page.get_by_role("listbox", name="Gevonden straten en buurten")
    return listed.get_by_role("option", name=re.compile(f"^{words} "))


def take(page: Page, words: str) -> None:
    """Go to this with the arrow keys in the list below the search field, and take it with Enter."""
    option = found(page, words)
    expect(option).to_be_visible()

    def pointed_at() -> bool:
        # a list that was for fewer letters may just have made way for another one
        page.keyboard.press("ArrowDown")
        return option.get_attribute("aria-selected") == "true"

    until(pointed_at)
    page.keyboard.press("Enter")
    expect(option).to_be_hidden()


def said(page: Page, words: str | re.Pattern[str]) -> Locator:
    """Where the form says this by itself."""
    return page.get_by_role("status").filter(has_text=words)


def pin(way: Way, kind: AssetKind) -> str:
    """Put something of this kind on the map, from the first step to the last."""
    asked, page = KINDS[kind], way.page
    title = f"{asked.title or way.person} {unlike()}"
    page.goto(f"/pin?at=17/{way.begin[1]}/{way.begin[0]}")
    way.choose(asked.choice)
    way.forward()
    way.arrives("Waar is het?")
    places: dict[str, Callable[[], None]] = {
        "map": way.on_the_map, "name": way.by_name, "street": way.the_street, "home": way.home,
    }  # fmt: skip
    places[asked.where]()
    way.forward()
    way.arrives("Vertel erover")
    for label, words in ((asked.label, title), *asked.more):
        way.type(label, words)
    way.forward("Zet op de kaart")
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    expect(page.get_by_text(title, exact=True)).to_be_visible()
    return title


#: An entry by its title; metres from a place and from a street, which is as long as its parts are together.
ENTRY = """
SELECT a.kind, a.state, a.placement, n.name AS area, a.geom = n.label_point AS at_label, a.gifts, a.description,
  ST_Distance(a.geom, ST_Transform(ST_SetSRID(ST_MakePoint(:east, :north), 4326), ST_SRID(a.geom))) AS from_place,
  ST_Distance(a.geom, (SELECT ST_Union(p.geom) FROM street_part AS p WHERE p.name = :street)) AS from_street,
  (SELECT sum(p.length_m) FROM street_part AS p WHERE p.name = :street) AS street_m,
  (SELECT string_agg(s.name, ', ') FROM stretch JOIN street AS s ON s.id = street_id WHERE asset_id = a.id) AS streets,
  (SELECT sum(length_m) FROM stretch WHERE asset_id = a.id) AS stretch_m
FROM asset AS a LEFT JOIN area AS n ON n.id = a.area_id WHERE a.title = :title
"""


def stored(server: Server, title: str, way: Way) -> Any:
    """The one entry with this title, with how far it is from the place and the street of this way."""
    engine = create_engine(server.database_url)
    with engine.connect() as connection:
        east, north = way.put
        values = {"title": title, "east": east, "north": north, "street": way.street}
        entry = connection.execute(text(ENTRY), values).one()
    engine.dispose()
    return entry
