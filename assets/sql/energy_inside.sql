-- energy_inside: the areas that are asked about, and which smallest areas lie in each. Included by other files.
--   switches: area (:area_ids bigint[]: an area and all inside it), kind (:kind text), within (:box geometry, hex EWKB)
-- Defines asked (id, code, name, kind, population) and inside (asked_id, area_id). Relies on ix_area_geom, ix_area_kind.
asked AS (
    SELECT a.id, a.code, a.name, a.kind, a.population
    FROM published_area AS a
    WHERE true
-- when area:
      AND a.id = ANY (CAST(:area_ids AS bigint[]))
-- when kind:
      AND a.kind = CAST(:kind AS text)
-- when within:
      AND a.geom && CAST(:box AS geometry)
-- end
), inside AS MATERIALIZED (
    SELECT k.id AS asked_id, a.id AS area_id
    FROM published_area AS a
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[a.id, a.district_id, a.municipality_id])) AS up (id)
    JOIN asked AS k ON k.id = up.id
)
