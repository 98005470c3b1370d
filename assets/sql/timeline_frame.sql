-- timeline_frame: where an area lies, its outline as SVG path data, and since when something is known of it.
--   :area_ids bigint[] (the area and all inside it) · :code text · :units double precision (width or height of the drawing,
--   whichever is larger) · switch theme (:theme text: only entries about it)
-- Rows: one: west, south, east, north (storage CRS), outline (path data in whole units), begins_on (NULL when nothing is
-- known; persons do not count). Relies on ix_asset_area_id.
WITH place AS (
    SELECT a.geom, ST_XMin(a.geom) AS west, ST_YMin(a.geom) AS south, ST_XMax(a.geom) AS east, ST_YMax(a.geom) AS north
    FROM published_area AS a
    WHERE a.code = :code
), size AS (
    SELECT *, :units / GREATEST(east - west, north - south) AS scale FROM place
)
SELECT s.west, s.south, s.east, s.north,
       ST_AsSVG(ST_Affine(ST_Simplify(s.geom, 1 / s.scale, true), s.scale, 0, 0, s.scale, -s.west * s.scale,
                          -s.north * s.scale), 0, 0) AS outline,
       (SELECT min(lower(e.active_on))
        FROM published_asset AS e
        WHERE e.area_id = ANY (CAST(:area_ids AS bigint[])) AND e.kind <> 'person' AND NOT isempty(e.active_on)
-- when theme:
          AND e.themes @> ARRAY[CAST(:theme AS text)]
-- end
       ) AS begins_on
FROM size AS s
