"""A made-up country for measuring: neighbourhoods in a grid, streets with parts, initiatives and other assets.

At full size 14,500 neighbourhoods, 300,000 streets and 1,000,000 assets; at 1 % a city. A municipality has 86
neighbourhoods and so 1,806 streets, as Leiden has. Rows are written with set statements past the domain functions, into
the same tables with the same triggers; derived rows are as they would be.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from assets import energy

#: Side of a square neighbourhood, metres; rows and columns fit the Netherlands.
SIDE_M = 1500
COLUMNS = 120
NEIGHBOURHOODS = 14_500
STREETS_EACH = 21
NEIGHBOURHOODS_EACH = 86
ASSETS = 1_000_000
#: The municipality that is asked about, the first one, and a day on which its initiatives are active.
MUNICIPALITY = "GM0000"
ASKED_ON = date(2026, 11, 1)


@dataclass(frozen=True)
class Size:
    """How much of the country is made."""

    neighbourhoods: int
    assets: int


def size(share: float) -> Size:
    """The size of a share of the country, 0 to 1; at least one whole municipality."""
    return Size(max(round(NEIGHBOURHOODS * share), NEIGHBOURHOODS_EACH), round(ASSETS * share))


def make(engine: Engine, wanted: Size) -> None:
    """Fill an empty schema (EPSG:28992) with a country of this size; the municipality GM0000 is always whole."""
    binds = {
        "n": wanted.neighbourhoods,
        "assets": wanted.assets,
        "columns": COLUMNS,
        "side": SIDE_M,
        "streets": STREETS_EACH,
        "each": NEIGHBOURHOODS_EACH,
    }
    with engine.begin() as connection:
        connection.execute(text("SELECT setseed(0.5)"))
        for statement in STATEMENTS:
            connection.execute(
                text(statement), {name: value for name, value in binds.items() if f":{name}" in statement}
            )
    with Session(engine) as session, session.begin():
        energy.keep(session, None)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


STATEMENTS = (
    "INSERT INTO community (slug, name) VALUES ('neighbours', 'Buren')",
    # 10 neighbourhoods to a district
    """
    INSERT INTO area (code, kind, name, population, geom, label_point, fingerprint, source)
    SELECT 'BU' || lpad(CAST(i / :each AS text), 4, '0') || lpad(CAST(i % :each / 10 AS text), 2, '0')
               || lpad(CAST(i % :each % 10 AS text), 2, '0'),
           'neighbourhood', 'Buurt ' || i, 1000 + i % 3000,
           ST_Multi(ST_MakeEnvelope(x, y, x + :side, y + :side, 28992)),
           ST_SetSRID(ST_Point(x + :side / 2, y + :side / 2), 28992), '', 'bench'
    FROM (SELECT i, 20000 + i % :columns * :side AS x, 310000 + i / :columns * :side AS y
          FROM generate_series(0, :n - 1) AS i) AS cell
    """,
    """
    INSERT INTO area (code, kind, name, geom, label_point, fingerprint, source)
    SELECT 'WK' || substr(code, 3, 6), 'district', 'Wijk ' || substr(code, 3, 6), ST_Multi(ST_Union(geom)),
           ST_PointOnSurface(ST_Union(geom)), '', 'bench'
    FROM area WHERE kind = 'neighbourhood' GROUP BY substr(code, 3, 6)
    """,
    """
    INSERT INTO area (code, kind, name, geom, label_point, fingerprint, source)
    SELECT 'GM' || substr(code, 3, 4), 'municipality', 'Gemeente ' || substr(code, 3, 4), ST_Multi(ST_Union(geom)),
           ST_PointOnSurface(ST_Union(geom)), '', 'bench'
    FROM area WHERE kind = 'district' GROUP BY substr(code, 3, 4)
    """,
    """
    UPDATE area AS a
    SET municipality_id = m.id, district_id = d.id,
        parent_id = CASE a.kind WHEN 'neighbourhood' THEN d.id WHEN 'district' THEN m.id END
    FROM area AS b
    JOIN area AS m ON m.code = 'GM' || substr(b.code, 3, 4)
    LEFT JOIN area AS d ON d.code = 'WK' || substr(b.code, 3, 6) AND b.kind <> 'municipality'
    WHERE b.id = a.id
    """,
    """
    INSERT INTO street (name, municipality_code, fingerprint, source)
    SELECT 'Straat ' || i || ' in ' || a.code, 'GM' || substr(a.code, 3, 4), CAST(i AS text), 'bench'
    FROM area AS a CROSS JOIN generate_series(1, :streets) AS i WHERE a.kind = 'neighbourhood'
    """,
    # each street: three segments that wind a little
    """
    INSERT INTO segment (street_id, area_id, road_class, geom, fingerprint, source)
    SELECT s.id, a.id, CASE WHEN CAST(s.fingerprint AS integer) % 10 = 0 THEN 'tertiary' ELSE 'residential' END,
           ST_SetSRID(ST_MakeLine(ARRAY[
               ST_Point(x + k * 100, y), ST_Point(x + k * 100 + 30, y + 6), ST_Point(x + k * 100 + 70, y - 6),
               ST_Point(x + k * 100 + 100, y)]), 28992), '', 'bench'
    FROM street AS s
    JOIN area AS a ON a.code = split_part(s.name, ' in ', 2)
    CROSS JOIN LATERAL (SELECT ST_XMin(a.geom) + 50 + CAST(s.fingerprint AS integer) % 4 * 350 AS x,
                               ST_YMin(a.geom) + 30 + CAST(s.fingerprint AS integer) * 65 AS y) AS corner
    CROSS JOIN generate_series(0, 2) AS k
    """,
    # beside each street a footpath without a name
    """
    INSERT INTO segment (street_id, area_id, road_class, geom, fingerprint, source)
    SELECT NULL, g.area_id, 'footway', ST_Translate(g.geom, 40, 20), '', 'bench'
    FROM segment AS g WHERE g.id % 3 = 0
    """,
    """
    INSERT INTO street_part (street_id, area_id, name, length_m, road_class, geom)
    SELECT g.street_id, g.area_id, s.name, sum(ST_Length(g.geom)), min(g.road_class), ST_Multi(ST_Collect(g.geom ORDER BY g.id))
    FROM segment AS g JOIN street AS s ON s.id = g.street_id GROUP BY g.street_id, g.area_id, s.name
    """,
    # one in ten streets has an initiative, one in fifty two
    """
    INSERT INTO asset (community_id, kind, title, themes, state, started_on, placement, area_id, geom, signs, active_on,
                       fresh_on, source, source_key, created_by)
    SELECT 1, 'street_initiative', 'Prikploeg ' || p.id, ARRAY[(ARRAY['litter', 'greenery'])[1 + CAST(random() AS integer)]],
           'published', CAST('2024-01-01' AS date) + CAST(p.id % 700 AS integer), 'exact', p.area_id, p.geom,
           '{}', datemultirange(daterange('2024-01-01', '2100-01-01')), datemultirange(daterange('2024-01-01', '2099-01-01')),
           'bench', p.id || '-' || again, 'bench'
    FROM street_part AS p CROSS JOIN generate_series(1, 2) AS again
    WHERE p.id % 10 = 0 AND (again = 1 OR p.id % 50 = 0)
    """,
    """
    INSERT INTO stretch (asset_id, street_id, position, whole_street, geom, length_m)
    SELECT a.id, p.street_id, 0, true, p.geom, p.length_m
    FROM asset AS a JOIN street_part AS p ON p.id = CAST(split_part(a.source_key, '-', 1) AS bigint)
    WHERE a.kind = 'street_initiative'
    """,
    """
    INSERT INTO stretch_part (stretch_id, street_part_id, asset_id, covered, covered_m, themes, counts_on)
    SELECT s.id, p.id, s.asset_id,
           int4multirange(int4range(0, CAST(p.length_m * 1000 * (CASE WHEN p.id % 3 = 0 THEN 0.4 ELSE 1 END) AS integer))),
           p.length_m * (CASE WHEN p.id % 3 = 0 THEN 0.4 ELSE 1 END), a.themes, a.active_on
    FROM stretch AS s JOIN street_part AS p ON p.street_id = s.street_id JOIN asset AS a ON a.id = s.asset_id
    """,
    """
    INSERT INTO conversation (community_id, street_id, held_on, neighbours, recorded_by)
    SELECT 1, id, CAST('2025-06-01' AS date) + CAST(id % 500 AS integer), 3, 'bench' FROM street WHERE id % 7 = 0
    """,
    # everything else, in clusters around the middle of neighbourhoods
    """
    INSERT INTO asset (community_id, kind, title, themes, state, started_on, placement, area_id, geom, signs, active_on,
                       fresh_on, created_by)
    SELECT 1, (ARRAY['club', 'meeting_place', 'institution', 'exchange', 'story'])[1 + i % 5], 'Buurtkracht ' || i,
           ARRAY['meeting'], 'published', '2024-01-01', 'exact', a.id,
           ST_SetSRID(ST_Point(ST_X(a.label_point) + (random() - 0.5) * 1400, ST_Y(a.label_point) + (random() - 0.5) * 1400),
                      28992),
           '{}', datemultirange(daterange('2024-01-01', '2100-01-01')), datemultirange(daterange('2024-01-01', '2099-01-01')),
           'bench'
    FROM generate_series(1, greatest(:assets - (SELECT count(*) FROM asset), 0)) AS i
    JOIN area AS a ON a.id = 1 + i % :n
    """,
    # every initiative and one in ten of the others did something three times
    """
    INSERT INTO activity (asset_id, kind, held_on, participants, recorded_by)
    SELECT a.id, 'activity', CAST('2024-06-01' AS date) + k * 100, 5, 'bench'
    FROM asset AS a CROSS JOIN generate_series(1, 3) AS k WHERE a.kind = 'street_initiative' OR a.id % 10 = 0
    """,
)
