-- meeting_place_lines: what is reached of the street parts of an area, as lines.
--   :area text (code)
--   :parts bigint[] · :firsts int[] · :lasts int[] (what is reached: street part, millimetres along it, ends included)
-- Rows: id, name, reached_m, geometry (GeoJSON text, longitude and latitude with 6 decimals: a tenth of a metre), by id.
-- A range runs over the lines of its part as they follow each other; lines are drawn to half a metre.
-- Relies on uq_area_code, pk_street_part and ix_street_part_area_id.
WITH asked AS (
    SELECT id FROM published_area WHERE code = CAST(:area AS text)
), reach AS MATERIALIZED (
    SELECT r.street_part_id, CAST(r.first_mm AS double precision) / 1000 AS first_m,
           CAST(r.last_mm AS double precision) / 1000 AS last_m
    FROM unnest(CAST(:parts AS bigint[]), CAST(:firsts AS int[]), CAST(:lasts AS int[]))
         AS r (street_part_id, first_mm, last_mm)
    WHERE r.last_mm > r.first_mm
), part AS MATERIALIZED (
    SELECT p.id, p.name, p.length_m, p.geom
    FROM asked
    JOIN published_area AS a ON asked.id IN (a.id, a.district_id, a.municipality_id)
    JOIN published_street_part AS p ON p.area_id = a.id
    WHERE p.id IN (SELECT street_part_id FROM reach)
), line AS MATERIALIZED (
    SELECT p.id, l.geom, ST_Length(l.geom) AS length_m,
           sum(ST_Length(l.geom)) OVER (PARTITION BY p.id ORDER BY l.path) - ST_Length(l.geom) AS start_m
    FROM part AS p
    CROSS JOIN LATERAL ST_Dump(p.geom) AS l
), piece AS (
    SELECT l.id, ST_Multi(ST_Collect(CASE
               WHEN r.first_m <= l.start_m AND r.last_m >= l.start_m + l.length_m THEN l.geom
               ELSE ST_LineSubstring(l.geom, greatest(0, (r.first_m - l.start_m) / l.length_m),
                                     least(1, (r.last_m - l.start_m) / l.length_m)) END
               ORDER BY l.start_m, r.first_m)) AS geom
    FROM reach AS r
    JOIN line AS l ON l.id = r.street_part_id AND r.first_m < l.start_m + l.length_m AND r.last_m > l.start_m
    GROUP BY l.id
)
SELECT p.id, p.name,
       (SELECT CAST(least(sum(r.last_m - r.first_m), p.length_m) AS double precision)
        FROM reach AS r WHERE r.street_part_id = p.id) AS reached_m,
       ST_AsGeoJSON(ST_Multi(ST_Transform(ST_Simplify(c.geom, 0.5, true), 4326)), 6) AS geometry
FROM piece AS c
JOIN part AS p ON p.id = c.id
ORDER BY p.id
