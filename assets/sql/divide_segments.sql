-- divide_segments: to which area each line goes, whole.
-- Binds: none. Rows: into divided (id, area_id), temporary; a line that lies in no area gets no row.
-- The level is the finest that holds most of the line: length in neighbourhoods, against length in districts that lies
-- in no neighbourhood, against length in municipalities that lies in neither. Within the level the area with most
-- metres wins, to the millimetre; ties go to the lower code.
-- Relies on divide_line with its GiST index: each small piece of area looks up the lines around it, so that the piece
-- is prepared once for all of them. Lengths are taken there and then (MATERIALIZED): sorting the geometries along
-- spilled 116 MB to disk for Rotterdam.
INSERT INTO divided (id, area_id)
WITH piece AS MATERIALIZED (
    SELECT l.id, a.id AS area_id, a.kind, a.code,
           CASE WHEN ST_Covers(a.geom, l.geom) THEN ST_Length(l.geom)
                ELSE ST_Length(ST_Intersection(l.geom, a.geom)) END AS length_m
    FROM divide_area AS a
    JOIN divide_line AS l ON ST_Intersects(a.geom, l.geom)
), shared AS (
    SELECT id, area_id, kind, code, round(CAST(sum(length_m) AS numeric), 3) AS length_m
    FROM piece
    GROUP BY id, area_id, kind, code
), level AS (
    SELECT id,
           coalesce(sum(length_m) FILTER (WHERE kind = 'neighbourhood'), 0) AS in_neighbourhoods,
           coalesce(sum(length_m) FILTER (WHERE kind = 'district'), 0) AS in_districts,
           coalesce(sum(length_m) FILTER (WHERE kind = 'municipality'), 0) AS in_municipalities
    FROM shared
    GROUP BY id
), finest AS (
    SELECT id,
           CASE WHEN in_neighbourhoods > 0
                 AND in_neighbourhoods >= in_districts - in_neighbourhoods
                 AND in_neighbourhoods >= in_municipalities - greatest(in_neighbourhoods, in_districts)
                THEN 'neighbourhood'
                WHEN in_districts > 0
                 AND in_districts - in_neighbourhoods >= in_municipalities - greatest(in_neighbourhoods, in_districts)
                THEN 'district'
                ELSE 'municipality' END AS kind
    FROM level
)
SELECT DISTINCT ON (s.id) s.id, s.area_id
FROM shared AS s
JOIN finest AS f ON f.id = s.id AND f.kind = s.kind
WHERE s.length_m > 0
ORDER BY s.id, s.length_m DESC, s.code
