"""A few streets with corners, drawn in metres from the corner of tests/neighbourhood.py, for choosing a stretch."""

from sqlalchemy import text
from sqlalchemy.orm import Session

#: Dorpsweg: 300 m with corners at 0, 100 and 200, in three lines. Brinklaan has two carriageways, 12 m apart.
#: Kringweg goes round a square of 100 m, and two streets lead to it. Hofje is a street with a side arm of 80 m.
OWN: list[tuple[str | None, list[tuple[float, float]]]] = [
    ("Dorpsweg", [(100, 100), (200, 100)]),
    ("Dorpsweg", [(200, 100), (300, 100)]),
    ("Dorpsweg", [(400, 100), (300, 100)]),
    ("Beukenlaan", [(100, 0), (100, 200)]),
    ("Brinklaan", [(200, 0), (200, 100), (200, 200)]),
    ("Brinklaan", [(212, 0), (212, 100), (212, 200)]),
    ("Eikenlaan", [(300, 100), (300, 200)]),
    ("Kringweg", [(600, 100), (700, 100), (700, 200), (600, 200), (600, 100)]),
    ("Oostpad", [(700, 100), (800, 100)]),
    ("Westpad", [(600, 200), (550, 200)]),
    ("Hofje", [(600, 400), (700, 400), (800, 400)]),
    ("Hofje", [(700, 400), (700, 480)]),
    ("Poortje", [(700, 480), (760, 480)]),
]


def number(session: Session, name: str) -> int:
    """The number of the street with this name; of two the first."""
    return int(session.execute(text("SELECT min(id) FROM street WHERE name = :name"), {"name": name}).scalar_one())
