"""The where-step of a form, without script: what is shown, what is read, and what is said when it cannot be read."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy.orm import Session

from app import i18n
from app.pages import place_fields, place_reading
from app.templating import environment
from assets import crs, inventory, places
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Invalid
from assets.importers import import_addresses, import_areas, import_streets
from assets.vocabulary import AssetKind, Placement
from tests.conftest import as_public
from tests.corners import OWN, number
from tests.neighbourhood import BUILDER, DAY, SCRIPT, areas_file, at, draw, streets_file

CLUB, INITIATIVE, PERSON = AssetKind.club, AssetKind.street_initiative, AssetKind.person


class Form:
    """What was typed."""

    def __init__(self, **values: str | list[str]) -> None:
        self.values = {
            name.replace("__", "-"): [value] if isinstance(value, str) else value for name, value in values.items()
        }

    def one(self, name: str, otherwise: str = "") -> str:
        """The value of a field."""
        return self.values.get(name, [otherwise])[0]

    def many(self, name: str) -> list[str]:
        """Every value of a field."""
        return self.values.get(name, [])

    def multi_items(self) -> Iterator[tuple[str, str]]:
        """Each field with each of its values."""
        return ((name, value) for name, values in self.values.items() for value in values)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The drawn neighbourhood."""
    draw(session, tmp_path)
    return session


@pytest.fixture
def own(session: Session, tmp_path: Path) -> Session:
    """Streets with corners, and nine houses along Dorpsweg: 2, 4 ... 18 at 20, 40 ... 180 m."""
    import_areas(session, areas_file(tmp_path))
    import_streets(session, streets_file(tmp_path, OWN))
    houses = tmp_path / "houses.csv"
    rows = [f"Dorpsweg,{house},{at(100 + 10 * house, 0)[0]},{at(0, 108)[1]}" for house in range(2, 20, 2)]
    houses.write_text("\n".join(["street,number,x,y", *rows]), encoding="utf-8")
    import_addresses(session, houses)
    return session


def faults(session: Session, kind: AssetKind, form: Form) -> dict[str, str]:
    """What is said beside which field."""
    with pytest.raises(Invalid) as refused:
        place_fields.read(form, kind, session)
    return {one.pointer: one.detail for one in refused.value.faults}


def shown(session: Session, kind: str, form: Form, wrong: dict[str, Any] | None = None) -> tuple[Any, str]:
    """What the template gets, and its text in Dutch; read as a visitor."""
    speaker = i18n.translator(i18n.DEFAULT)
    with as_public(session):
        place = place_fields.context(session, kind, form, speaker)["place"]
    page = environment(i18n.DEFAULT).get_template("_place_fields.html")
    return place, page.render(place=place, kind=kind, wrong=wrong or {}, attributions=())


def point(place: PlaceDraft) -> tuple[float, float]:
    """The point of a place in metres from the corner of the drawing."""
    assert place.geometry is not None
    x, y = place.geometry["coordinates"]
    return round(x - at(0, 0)[0], 1), round(y - at(0, 0)[1], 1)


def covered(session: Session, place: PlaceDraft) -> list[float]:
    """The metres of each stretch of a place, as it would be stored."""
    resolved = places.resolve(session, INITIATIVE, place)
    return [round(one.length_m, 1) for one in resolved.stretches]


# --- a thing at a place ---


def test_degrees_and_metres_are_both_understood(drawn: Session) -> None:
    """One place, written in four ways."""
    longitude, latitude = crs.transformer(crs.RD, crs.WGS84).transform(at(250, 100)[0], at(250, 100)[1])
    for east, north in (
        (f"{longitude:.7f}", f"{latitude:.7f}"),
        (f"{longitude:.7f}".replace(".", ","), f" {latitude:.7f} ".replace(".", ",")),
        ("100250", "400100"),
        ("100250,0", "400100.0"),
    ):
        place = place_fields.read(Form(longitude=east, latitude=north), CLUB, drawn)
        assert (250, 100) == point(place)
        assert "EPSG:28992" == place.crs


def test_coordinates_that_cannot_be_are_told_beside_their_field(drawn: Session) -> None:
    """Swapped ones are recognised, in degrees and in metres."""
    no_numbers = {"longitude": place_reading.NOT_A_NUMBER, "latitude": place_reading.NOT_A_NUMBER}
    for east, north, said in (
        ("51.58", "4.75", {"longitude": place_reading.SWAPPED}),
        ("400100", "100250", {"longitude": place_reading.SWAPPED}),
        ("0", "0", {"longitude": place_reading.OUTSIDE}),
        ("999999999", "999999999", {"longitude": place_reading.OUTSIDE}),
        ("4.75", "", {"latitude": place_reading.BOTH}),
        ("", "51,5", {"longitude": place_reading.BOTH}),
        ("oost", "west", no_numbers),
        ("NaN", "1e999", no_numbers),
        ("\x00", "٤", no_numbers),
    ):
        assert said == faults(drawn, CLUB, Form(longitude=east, latitude=north)), (east, north)


def test_a_street_is_its_middle_and_an_area_its_label(drawn: Session) -> None:
    """Kerkstraat runs from 100 to 400; the only area called Oost is chosen by its name."""
    assert (250, 100) == point(place_fields.read(Form(street="kerkstraat"), CLUB, drawn))
    x, y = point(place_fields.read(Form(street="Oost"), CLUB, drawn))
    assert 500 < x < 1000
    assert 0 < y < 600
    found = f"street-{number(drawn, 'Lange Laan')}"
    assert (750, 100) == point(place_fields.read(Form(street="lang", found=found), CLUB, drawn))


def test_what_may_be_meant_is_offered_and_never_guessed(drawn: Session) -> None:
    """A typing error and a name of two streets are asked about; a name of none is told."""
    assert {"found": place_reading.CHOOSE_ONE} == faults(drawn, CLUB, Form(street="kerkstrat"))
    assert {"found": place_reading.CHOOSE_ONE} == faults(drawn, CLUB, Form(street="Dorpsstraat"))
    assert {"street": place_reading.NOT_FOUND} == faults(drawn, CLUB, Form(street="zzzzzzzz"))
    assert {"street": place_reading.SAY_WHERE} == faults(drawn, CLUB, Form())
    assert {"found": place_reading.GONE} == faults(drawn, CLUB, Form(found="street-999999"))
    place, page = shown(drawn, "club", Form(street="Dorpsstraat", place_step="find"))
    assert [("Dorpsstraat", "West · 100 m"), ("Dorpsstraat", "Verweg · 50 m")] == [
        (one.name, one.more) for one in sorted(place.found, key=lambda one: one.more, reverse=True)[:2]
    ]
    assert "Welke bedoelt u?" in page
    assert "Er is geen straat" in shown(drawn, "club", Form(street="zzzzzzzz"))[1]


def test_a_house_number_is_the_house(own: Session) -> None:
    """Behind the street or in its own field; a number that nobody knows is told."""
    assert (220, 108) == point(place_fields.read(Form(street="Dorpsweg 12"), CLUB, own))
    assert (220, 108) == point(place_fields.read(Form(street="Dorpsweg", house_number="12 a"), CLUB, own))
    assert {"house_number": place_reading.NO_HOUSE} == faults(own, CLUB, Form(street="Dorpsweg 13"))
    nowhere = Form(street="Eikenlaan 1")  # of this street no number is known: its middle, and that is said
    assert point(place_fields.read(Form(street="Eikenlaan"), CLUB, own)) == point(place_fields.read(nowhere, CLUB, own))
    assert place_reading.in_the_middle(nowhere, own)
    assert not place_reading.in_the_middle(Form(street="Dorpsweg 12"), own)
    assert {"house_number": place_reading.NOT_A_HOUSE} == faults(own, CLUB, Form(street="Dorpsweg", house_number="x"))
    assert "12" == shown(own, "club", Form(street="Dorpsweg 12"))[0].values["house_number"]


# --- a stretch of street ---


def test_a_street_that_was_found_asks_which_part(own: Session) -> None:
    """Going on with a name alone shows the choices; nothing is taken silently."""
    form = Form(street="Dorpsweg")
    assert {"stretch": place_reading.CHOOSE_PART} == faults(own, INITIATIVE, form)
    place, page = shown(own, "street_initiative", form)
    (street,) = place.streets
    assert ("Dorpsweg", "whole", "") == (street.name, street.way, street.suffix)
    assert ["hoek Beukenlaan", "hoek Brinklaan", "hoek Eikenlaan", "oostelijk eind"] == [
        end.label for end in street.ends
    ]
    assert place.values["street"] == ""
    assert 'name="from_number"' in page
    assert "Huisnummers" in shown(own, "street_initiative", Form(street="Brinklaan"))[1]
    assert {"street": place_reading.SAY_STREET} == faults(own, INITIATIVE, Form())
    assert {"found": place_reading.CHOOSE_STREET} == faults(own, INITIATIVE, Form(street="Oost"))


def test_the_whole_street_a_part_by_corners_and_a_part_by_numbers(own: Session) -> None:
    """300 m in all; between the second and the third corner 100 m; houses 4 to 12 stand on 80 m."""
    street_id = str(number(own, "Dorpsweg"))
    ends = {end.label: end.key for end in shown(own, "street_initiative", Form(street_id=street_id))[0].streets[0].ends}
    brink, eiken = ends["hoek Brinklaan"], ends["hoek Eikenlaan"]

    def metres(**values: str) -> list[float]:
        return covered(own, place_fields.read(Form(street_id=street_id, **values), INITIATIVE, own))

    assert [300] == metres(stretch="whole")
    assert [100] == metres(stretch="ends", from_end=brink, to_end=eiken)
    assert [200] == metres(stretch="ends", from_end=brink, to_end="end")
    assert [80] == metres(stretch="numbers", from_number="4", to_number="12")


def test_the_whole_street_with_corners_filled_in_is_asked_about_once(own: Session) -> None:
    """Without script the choice can be left at the whole street: the form asks, and sent again it is believed."""
    street_id = str(number(own, "Dorpsweg"))
    ends = [end.key for end in shown(own, "street_initiative", Form(street_id=street_id))[0].streets[0].ends]
    said = {"street_id": street_id, "stretch": "whole", "from_end": ends[0], "to_end": ends[-1]}
    assert [300] == covered(own, place_fields.read(Form(**said), INITIATIVE, own))
    form = Form(**{**said, "to_end": ends[1]})
    assert {"stretch": place_reading.WHICH} == faults(own, INITIATIVE, form)
    _, page = shown(own, "street_initiative", form, {"stretch": {"says": place_reading.WHICH}})
    assert 'name="sure"' in page
    form.values["sure"] = ["yes"]
    assert [300] == covered(own, place_fields.read(form, INITIATIVE, own))
    with_numbers = Form(street_id=street_id, stretch="whole", from_number="4")
    assert {"stretch": place_reading.WHICH} == faults(own, INITIATIVE, with_numbers)


def test_coordinates_with_which_a_form_began_give_way_to_a_street(own: Session) -> None:
    """Whoever moves an entry by typing a street need not empty the fields of where it was; others still go first."""
    east, north = "4.7", "51.5"
    form = Form(longitude=east, latitude=north, began_at=f"{east},{north}", street="Eikenlaan")
    assert (300, 150) == point(place_fields.read(form, CLUB, own))
    form.values["latitude"] = ["51.6"]
    assert (300, 150) != point(place_fields.read(form, CLUB, own))


def test_several_streets_each_have_their_own_part(own: Session) -> None:
    """Choosing another street adds it, leaving one out takes it away; the order stays."""
    first, second = str(number(own, "Dorpsweg")), str(number(own, "Eikenlaan"))
    form = Form(street_id=first, stretch="numbers", from_number="4", to_number="12", found=f"street-{second}",
                street="eik", place_step="add")  # fmt: skip
    assert place_fields.asked(form)
    streets = shown(own, "street_initiative", form)[0].streets
    assert [("Dorpsweg", "", "numbers", "4"), ("Eikenlaan", "-2", "whole", "")] == [
        (one.name, one.suffix, one.way, one.values["from_number"]) for one in streets
    ]
    both = Form(street_id=first, stretch="whole", street_id__2=second, stretch__2="whole")
    assert [300, 100] == covered(own, place_fields.read(both, INITIATIVE, own))
    both.values["place_step"] = ["remove-1"]
    assert [("Eikenlaan", "")] == [(one.name, one.suffix) for one in shown(own, "street_initiative", both)[0].streets]


def test_faults_of_every_street_are_told_at_once_beside_their_fields(own: Session) -> None:
    """The second street has its number behind the name of the field."""
    first, second = str(number(own, "Dorpsweg")), str(number(own, "Eikenlaan"))
    said = faults(own, INITIATIVE, Form(
        street_id=first, stretch="numbers", from_number="", to_number="9999999",
        street_id__2=second, stretch__2="numbers",
        street_id__3="999999", stretch__3="whole",
        street_id__4=first, stretch__4="ends", from_end__4="end", to_end__4="end",
        street_id__5=first, stretch__5="numbers", from_number__5="900", to_number__5="950",
        street_id__6=first, stretch__6="sideways",
        street_id__7="1; DROP TABLE street", stretch__7="whole",
        street_id__8=first, stretch__8="ends", from_end__8="nowhere", to_end__8="",
    ))  # fmt: skip
    assert {
        "from_number": place_reading.NOT_A_HOUSE,
        "to_number": place_reading.NOT_A_HOUSE,
        "stretch-2": place_reading.NO_NUMBERS,
        "street_id-3": place_reading.GONE,
        "to_end-4": place_reading.TWO_PLACES,
        "from_number-5": place_reading.NONE_BETWEEN,
        "stretch-6": place_reading.NO_CHOICE,
        "street_id-7": place_reading.GONE,
        "from_end-8": place_reading.NO_CHOICE,
        "to_end-8": place_reading.NO_CHOICE,
    } == said


def line(*points: Sequence[float]) -> str:
    """A line as the script writes it: degrees."""
    degrees = crs.transform(shapely.LineString([at(x, y) for x, y in points]), crs.RD, crs.WGS84)
    return json.dumps({"type": "LineString", "coordinates": [list(one) for one in degrees.coords]})


def test_drawn_lines_are_read_as_they_were_drawn(own: Session) -> None:
    """Two lines on one street: 50 and 30 m."""
    street_id = str(number(own, "Dorpsweg"))
    lines = [line((100, 101), (150, 101)), line((200, 99), (230, 99))]
    place = place_fields.read(Form(street_id=street_id, stretch="drawn", line=lines), INITIATIVE, own)
    assert [50, 30] == covered(own, place)
    assert [50] == covered(own, place_fields.read(Form(line=lines[:1]), INITIATIVE, own))
    _, page = shown(own, "street_initiative", Form(street_id=street_id, stretch="drawn", line=lines))
    assert 2 == page.count('name="line"')


NO_LINES = (
    "", "x", "[]", "null", "{}", '{"type":"Point","coordinates":[4,52]}', '{"type":"LineString","coordinates":[]}',
    '{"type":"LineString","coordinates":[[4,52],[4,52]]}', '{"type":"LineString","coordinates":[[NaN,52],[4,1]]}',
    '{"type":"LineString","coordinates":[[4,1e999],[4,52]]}', '{"type":"LineString","coordinates":[[52,4],[52.1,4.1]]}',
    '{"type":"LineString","coordinates":[[100000,400000],[100100,400000]]}', "[" * 100_000, "\ud800",
)  # fmt: skip


def test_a_line_that_is_none_is_refused_in_a_sentence(own: Session) -> None:
    """Whatever stands in it."""
    street_id = str(number(own, "Dorpsweg"))
    for odd in NO_LINES:
        form = Form(street_id=street_id, stretch="drawn", line=odd)
        assert {"line": place_reading.NOT_DRAWN} == faults(own, INITIATIVE, form), odd[:80]


def test_a_line_far_from_its_street_is_refused(own: Session) -> None:
    """Further than 25 m from it nothing of the street is covered."""
    form = Form(street_id=str(number(own, "Dorpsweg")), stretch="drawn", line=line((600, 300), (700, 300)))
    assert {"line": place_reading.NOT_NEAR} == faults(own, INITIATIVE, form)


# --- a person ---


def test_a_person_is_shown_by_neighbourhood_street_or_nothing(drawn: Session) -> None:
    """The neighbourhood by choice or by a street in it; a street when it is large enough (Kerkstraat is 300 m)."""

    def read(**values: str) -> tuple[str, str | None, str | None]:
        place = place_fields.read(Form(**values), PERSON, drawn)
        assert place.geometry is None
        return place.show.value, place.area, place.street

    assert ("neighbourhood", "BU00010102", None) == read(area="BU00010102")
    assert ("neighbourhood", "BU00010101", None) == read(street="Kerkstraat")
    assert ("street", "BU00010101", "Kerkstraat") == read(show="street", street="Kerkstraat", area="BU00010102")
    assert ("none", None, None) == read(show="none", street="Kerkstraat", longitude="4.7", latitude="51.5")
    assert {"show": place_reading.TOO_SMALL} == faults(drawn, PERSON, Form(show="street", street="Korte Steeg"))
    assert {"show": place_reading.NO_CHOICE} == faults(drawn, PERSON, Form(show="exact"))
    assert {"area": place_reading.CHOOSE_AREA} == faults(drawn, PERSON, Form())
    assert {"area": place_reading.NO_CHOICE} == faults(drawn, PERSON, Form(area="BU9"))
    assert {"street": place_reading.SAY_STREET} == faults(drawn, PERSON, Form(show="street", area="BU00010102"))


def test_the_page_says_what_others_will_see(drawn: Session) -> None:
    """One sentence, by what was chosen."""

    def seen(**values: str) -> str:
        return str(shown(drawn, "person", Form(**values))[0].others_see)

    assert "Anderen zien: in Oost. Nooit een adres." == seen(area="BU00010102")
    assert "Anderen zien: in West. Nooit een adres." == seen(street="Kerkstraat")
    assert "Anderen zien: Kerkstraat. Nooit een huisnummer." == seen(street="Kerkstraat", show="street")
    assert "Anderen zien helemaal geen plek." == seen(street="Kerkstraat", show="none")
    assert "te klein" in seen(street="Korte Steeg", show="street")


# --- all of it ---


def test_names_are_text_on_the_page(drawn: Session) -> None:
    """A street whose name is a script is shown and does not run."""
    form = Form(street=SCRIPT)
    for kind in ("club", "street_initiative", "person"):
        _, page = shown(drawn, kind, form)
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_nothing_that_is_sent_breaks_the_page(drawn: Session) -> None:
    """Odd values in every field are shown again or left out, for every kind."""
    names = [*place_fields.LABELS, "place_step", *(f"{name}-2" for name in place_fields.LABELS)]
    for odd in ("\x00", "\ud800", "9" * 5000, "-1", "<b>", "street-", "area-\x00", "street-99999999999999999999", "%"):
        form = Form()
        form.values = {name: [odd, odd] for name in names}
        for kind in ("", "club", "person", "street_initiative", "nonsense"):
            assert "<b>" not in shown(drawn, kind, form)[1]
            if kind in set(AssetKind):
                assert faults(drawn, AssetKind(kind), form)


def test_a_stored_place_fills_the_form_and_comes_back(own: Session) -> None:
    """What an entry has is what its form says; read anew it is the same. An area is left to be chosen as a point."""
    triangle = {"type": "Polygon", "coordinates": [[at(0, 0), at(50, 0), at(50, 50), at(0, 0)]]}
    part = {"street": "Dorpsweg", "line": [at(100, 112), at(180, 112)]}
    rd = {"crs": "EPSG:28992"}
    for kind, said in (
        (CLUB, {**rd, "point": at(250, 108)}),
        (CLUB, {**rd, "geometry": triangle}),
        (INITIATIVE, {"stretches": [{"street": "Dorpsweg", "whole": True}]}),
        (INITIATIVE, {**rd, "stretches": [part, {"street": "Eikenlaan", "whole": True}]}),
        (PERSON, {"show": "street", "street": "Kringweg", "area": "BU00010102"}),
        (PERSON, {"area": "BU00010102"}),
        (PERSON, {"show": "none"}),
    ):
        draft = AssetDraft.model_validate({"kind": kind, "title": "T", "place": said})
        asset = inventory.add(own, draft, by=BUILDER, today=DAY)
        form = Form()
        form.values = place_fields.filled(own, asset)
        if "geometry" in said:
            assert {} == form.values
            continue
        again = places.resolve(own, kind, place_fields.read(form, kind, own))
        assert again.placement == Placement(asset.placement)
        kept = places.resolve(own, kind, inventory.as_draft(own, asset).place)
        if kept.geom is None or again.geom is None:
            assert kept.geom is again.geom
        else:
            assert 0.2 > again.geom.hausdorff_distance(kept.geom)
        assert [round(one.length_m) for one in kept.stretches] == [round(one.length_m) for one in again.stretches]
