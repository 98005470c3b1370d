"""A hand-drawn neighbourhood whose answers are worked out on paper.

Coordinates are RD metres from a corner at (100000, 400000). The municipality Rekendam (GM0001) has two districts:
Binnen (WK000101) with the neighbourhoods West (x 0..500) and Oost (x 500..1000), and Buiten (WK000102) with
Verweg (x 1300..1700) and Leeg (x 1000..1300), which has no street. All run from y = 0 to y = 600.

| street              | drawn                                                                | parts (metres)         |
|---------------------|----------------------------------------------------------------------|------------------------|
| Kerkstraat          | (100,100) to (400,100)                                               | West 300               |
| Grensweg            | on the border: (500,0)-(500,200) exactly; (501,200)-(501,400) in Oost;| West 400, Oost 200     |
|                     | (499,400)-(499,600) in West. A tie goes to the lower code: West      |                        |
| Dwarsstraat         | (300,300)-(520,300): 200 of 220 m in West, so whole to West;         | West 220, Oost 280     |
|                     | (520,300)-(800,300)                                                  |                        |
| Singel              | two carriageways, y = 450 and y = 470, from x = 100 to 400           | West 600               |
| Lange Laan          | (600,100) to (900,100)                                               | Oost 300               |
| Ronde Plein         | a closed square of 100 m, from (650,400) round to (650,400)          | Oost 400               |
| Señor Gómezstraat   | (600,200) to (700,200)                                               | Oost 100               |
| <script>…steeg      | (600,250) to (700,250)                                               | Oost 100               |
| ${alert(1)}steeg    | (800,200) to (850,200)                                               | Oost 50                |
| Dorpsstraat         | (100,550)-(200,550) and, 1,250 m away, (1450,550)-(1500,550): two    | West 100; Verweg 50    |
| Korte Steeg         | (100,200) to (140,200)                                               | West 40                |
| no name             | (140,200) to (300,300): a footpath                                   |                        |

Together 3,140 m in 14 parts of 12 streets.

Every analysis is worked out on this drawing; the whole arithmetic stands in the docstring of the test that holds it.

| analysis       | an answer, on 1 June 2026                                             | held by             |
|----------------|-----------------------------------------------------------------------|---------------------|
| coverage       | Kerkstraat: A and B cover 160 of 300 m, 0.533: carried (`live`)       | test_coverage       |
| energy         | Grensweg: 3 + 4/2 = 5, of which 400 of 600 m in West: 10/3 (`active`) | test_energy         |
| growth edge    | 50 m of street and 100 m of footpath: 150 m to a carried street       | test_growth_edge    |
| meeting places | West within 400 m: 300 + 40 + 220 = 560 of 1,660 m                    | test_meeting_places |
| measurements   | Kerkstraat: the box with 4 pieces decides: B, as was the ambition     | test_measurements   |
| plan           | 3 hours over West: 0.133333 + (1.34 - 0.413333) / 8.8 = 0.238636      | test_plan           |
| timeline       | Oost in May: D and G are active, E has ended                          | test_timeline       |
| profile        | West: 3 x 2^(-16/90) + 10/3 = 5.985 of energy; 6 persons, told as 5   | test_profile        |
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from assets import activities, consents, conversations, inventory
from assets.drafts import ActivityDraft, AssetDraft, ConversationDraft
from assets.importers import import_areas, import_streets
from assets.permissions import Viewer
from assets.vocabulary import Audience, Role

CORNER = (100_000, 400_000)
#: The day of the questions.
DAY = date(2026, 6, 1)
BUILDER = Viewer(name="Table of tests", role=Role.builder)

SCRIPT = "<script>alert(1)</script>steeg"
TEMPLATE = "${alert(1)}steeg"

AREAS = [
    ("GM0001", "Rekendam", (0, 1700)),
    ("WK000101", "Binnen", (0, 1000)),
    ("WK000102", "Buiten", (1000, 1700)),
    ("BU00010101", "West", (0, 500)),
    ("BU00010102", "Oost", (500, 1000)),
    ("BU00010201", "Leeg", (1000, 1300)),
    ("BU00010202", "Verweg", (1300, 1700)),
]
SEGMENTS: list[tuple[str | None, list[tuple[float, float]]]] = [
    ("Kerkstraat", [(100, 100), (400, 100)]),
    ("Grensweg", [(500, 0), (500, 200)]),
    ("Grensweg", [(501, 200), (501, 400)]),
    ("Grensweg", [(499, 400), (499, 600)]),
    ("Dwarsstraat", [(300, 300), (520, 300)]),
    ("Dwarsstraat", [(520, 300), (800, 300)]),
    ("Singel", [(100, 450), (400, 450)]),
    ("Singel", [(100, 470), (400, 470)]),
    ("Lange Laan", [(600, 100), (900, 100)]),
    ("Ronde Plein", [(650, 400), (750, 400), (750, 500), (650, 500), (650, 400)]),
    ("Señor Gómezstraat", [(600, 200), (700, 200)]),
    (SCRIPT, [(600, 250), (700, 250)]),
    (TEMPLATE, [(800, 200), (850, 200)]),
    ("Dorpsstraat", [(100, 550), (200, 550)]),
    ("Dorpsstraat", [(1450, 550), (1500, 550)]),
    ("Korte Steeg", [(100, 200), (140, 200)]),
    (None, [(140, 200), (300, 300)]),
]


def at(x: float, y: float) -> list[float]:
    """A point of the drawing in RD metres."""
    return [CORNER[0] + x, CORNER[1] + y]


def areas_file(folder: Path, areas: Sequence[tuple[str, str, tuple[int, int]]] = AREAS) -> Path:
    """The areas as a GeoJSON file in RD metres."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[at(west, 0), at(east, 0), at(east, 600), at(west, 600), at(west, 0)]],
            },
        }
        for code, name, (west, east) in areas
    ]
    return _write(folder / "areas.geojson", features)


def streets_file(
    folder: Path, segments: list[tuple[str | None, list[tuple[float, float]]]] | None = None, name: str = "streets"
) -> Path:
    """The street segments as a GeoJSON file in RD metres."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": street, "highway": "residential" if street else "footway"},
            "geometry": {"type": "LineString", "coordinates": [at(*point) for point in line]},
        }
        for street, line in (SEGMENTS if segments is None else segments)
    ]
    return _write(folder / f"{name}.geojson", features)


def _write(path: Path, features: list[dict[str, Any]]) -> Path:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}), encoding="utf-8")
    return path


def draw(session: Session, folder: Path) -> None:
    """Import the areas and the streets."""
    import_areas(session, areas_file(folder))
    import_streets(session, streets_file(folder))


def initiative(
    title: str, *stretches: dict[str, Any], themes: tuple[str, ...] = ("litter",), **dates: str
) -> AssetDraft:
    """A street initiative of the drawing; coordinates in metres from the corner."""
    moved = []
    for stretch in stretches:
        placed = dict(stretch)
        for name in ("line", "between"):
            if name in placed:
                placed[name] = [at(*point) for point in placed[name]]
        moved.append(placed)
    place = {"crs": "EPSG:28992", "stretches": moved}
    return AssetDraft.model_validate(
        {"kind": "street_initiative", "title": title, "themes": list(themes), "place": place, **dates}
    )


def live(session: Session) -> dict[str, int]:
    """Fill the neighbourhood with what neighbours do, and return the number of each initiative by its letter.

    Everything is entered on the day of the questions, 1 June 2026, unless it says when it was last confirmed.

    A  litter   Kerkstraat, the line x 100..250: 150 of 300 m.
    B  litter   Kerkstraat, the line x 200..260: overlaps A for 50 m. A and B together 160 m: 160/300 = 0.533, carried.
    C  litter   Singel, the line y = 460, x 100..220, 10 m from both carriageways: 2 x 120 = 240 of 600 m = 0.4, partly.
    D  greenery Lange Laan, whole: 300 of 300 m; nothing for litter.
    E  litter   Dwarsstraat, whole, ended on 1 May 2026: counts until 30 April.
    F  litter   Señor Gómezstraat, whole, begun 1 January 2025 and confirmed only then: faded after 1 January 2026.
    G  litter   Ronde Plein, from (650,400) to (750,400): the shorter way, 100 m. Flat ends, so the sides that begin
                there at right angles are covered where they lie within reach: they start on the end line itself and
                lead away from the line drawn, 25 m each: 100 + 25 + 25 = 150 of 400 m = 0.375, partly.

    Conversations: Dwarsstraat on 1 June 2025 (12 months before: counts), Grensweg in West on 1 May 2026 (Oost stays
    not asked yet), Korte Steeg on 31 May 2025 (12 months and a day: does not count).
    """
    drafts = {
        "A": initiative("A", {"street": "Kerkstraat", "line": [(100, 100), (250, 100)]}, started_on="2026-01-01"),
        "B": initiative("B", {"street": "Kerkstraat", "line": [(200, 103), (260, 103)]}, started_on="2026-02-01"),
        "C": initiative("C", {"street": "Singel", "line": [(100, 460), (220, 460)]}, started_on="2026-01-01"),
        "D": initiative("D", {"street": "Lange Laan", "whole": True}, themes=("greenery",), started_on="2026-01-01"),
        "E": initiative("E", {"street": "Dwarsstraat", "whole": True}, started_on="2026-01-01", ended_on="2026-05-01"),
        "F": initiative(
            "F", {"street": "Señor Gómezstraat", "whole": True}, started_on="2025-01-01", confirmed_on="2025-01-01"
        ),
        "G": initiative("G", {"street": "Ronde Plein", "between": [(650, 400), (750, 400)]}, started_on="2026-01-01"),
    }
    ids = {letter: inventory.add(session, draft, by=BUILDER, today=DAY).id for letter, draft in drafts.items()}
    activities.add(
        session,
        ActivityDraft(asset_id=ids["A"], held_on=date(2026, 5, 16), participants=9),
        by=BUILDER,
        today=DAY,
    )
    for street, area, day in (
        ("Dwarsstraat", None, date(2025, 6, 1)),
        ("Grensweg", "BU00010101", date(2026, 5, 1)),
        ("Korte Steeg", None, date(2025, 5, 31)),
    ):
        conversations.add(
            session, ConversationDraft(street=street, area=area, held_on=day, neighbours=2), by=BUILDER, today=DAY
        )
    return ids


def thing(kind: str, title: str, where: tuple[float, float], **more: Any) -> AssetDraft:
    """A club, place or other thing at a point of the drawing."""
    place = {"crs": "EPSG:28992", "point": at(*where)}
    return AssetDraft.model_validate({"kind": kind, "title": title, "place": place, "started_on": "2026-01-01", **more})


def happen(session: Session, asset_id: int, held_on: date, participants: int, kind: str = "activity") -> int:
    """The number of an activity just recorded."""
    draft = ActivityDraft.model_validate(
        {"asset_id": asset_id, "held_on": held_on, "participants": participants, "kind": kind}
    )
    return activities.add(session, draft, by=BUILDER, today=DAY).id


def active(session: Session) -> dict[str, int]:
    """Let neighbours do things whose energy is worked out in tests/assets/test_energy.py; numbers by letter.

    Today is 1 June 2026 and 3 March 2026 is 90 days before it.

    H  litter initiative on all of Grensweg (West 400 m, Oost 200 m): 9 people today, 16 people 90 days ago.
    K  club at (600, 130), 30 m from Lange Laan and 70 m from Senor Gomezstraat: 4 people today.
    L  meeting place in Leeg at (1150, 300), 350 m from the nearest street: a confirmation today.
    P  person who shows the neighbourhood Oost to everyone: 1 participant today.
    """
    whole = initiative("H", {"street": "Grensweg", "whole": True}, started_on="2026-01-01")
    person = AssetDraft.model_validate(
        {"kind": "person", "title": "P", "started_on": "2026-01-01", "place": {"area": "BU00010102"}}
    )
    drafts = {
        "H": whole,
        "K": thing("club", "K", (600, 130)),
        "L": thing("meeting_place", "L", (1150, 300)),
        "P": person,
    }
    ids = {letter: inventory.add(session, draft, by=BUILDER, today=DAY).id for letter, draft in drafts.items()}
    consents.record(
        session, ids["P"], audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
        given_on=date.today(), by=BUILDER.name,
    )  # fmt: skip
    happen(session, ids["H"], DAY, 9)
    happen(session, ids["H"], date(2026, 3, 3), 16)
    happen(session, ids["K"], DAY, 4)
    happen(session, ids["L"], DAY, 1, "confirmation")
    happen(session, ids["P"], DAY, 1)
    return ids
