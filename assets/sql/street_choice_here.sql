-- street_choice_here: the smallest area that holds a place, and the nearest street within reach of it.
--   :x :y double precision (storage CRS) · :srid integer · :reach_m double precision
-- Rows: one: area (code), name (of the area); street_id; all NULL where nothing is known. A tie: the lower code.
-- Relies on the indexes of the geometries behind published_area and published_street_part.
WITH here AS MATERIALIZED (
    SELECT ST_SetSRID(ST_MakePoint(:x, :y), CAST(:srid AS integer)) AS geom
), inside AS (
    SELECT a.code, a.name
    FROM here
    JOIN published_area AS a ON ST_Intersects(a.geom, here.geom)
    ORDER BY array_position(ARRAY['neighbourhood', 'district', 'municipality'], a.kind), a.code
    LIMIT 1
), near AS (
    SELECT p.street_id
    FROM here
    JOIN published_street_part AS p ON ST_DWithin(p.geom, here.geom, CAST(:reach_m AS double precision))
    ORDER BY ST_Distance(p.geom, here.geom), p.street_id
    LIMIT 1
)
SELECT inside.code AS area, inside.name, near.street_id
FROM here
LEFT JOIN inside ON true
LEFT JOIN near ON true
