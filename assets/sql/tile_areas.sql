-- tile_areas: a vector tile above street level (z < 13): areas, main streets and, from z 11, counts of assets
-- per smallest area; never single assets. Counting a country at every pan would cost seconds: further out
-- tile_clusters adds what is kept.
-- Persons count in fives (people_told), so that taking the other entries off leaves nobody alone (docs/decisions/0026).
--   the binds of tile_box · :zoom integer · :on date · :theme text or NULL for any · :facet text (facet_holds)
-- Rows: one, with a column of bytes per layer: areas, area_labels, streets, asset_counts
-- (code, name, count, and a number for each kind).
-- Relies on ix_area_kind, ix_area_geom_3857, ix_street_part_geom_3857 and ix_asset_area_id.
WITH
-- include: tile_box
, kinds AS (
    -- the levels for this zoom that are known here; where none of them is, the widest that is known
    SELECT wanted.kind FROM unnest(CASE WHEN :zoom >= 11 THEN ARRAY['municipality', 'district', 'neighbourhood']
                                        WHEN :zoom >= 9 THEN ARRAY['municipality', 'district'] ELSE ARRAY['municipality'] END) AS wanted (kind)
    WHERE EXISTS (SELECT FROM published_area AS a WHERE a.kind = wanted.kind)
    UNION
    SELECT CASE WHEN EXISTS (SELECT FROM published_area WHERE kind = 'municipality') THEN 'municipality'
                WHEN EXISTS (SELECT FROM published_area WHERE kind = 'district') THEN 'district' ELSE 'neighbourhood' END
), area_here AS (
    SELECT a.* FROM published_area AS a JOIN kinds USING (kind) CROSS JOIN tile WHERE a.geom_3857 && tile.wide
), areas AS (
    SELECT ST_AsMVT(f, 'areas', 4096, 'geom') AS mvt FROM (
        SELECT a.code, a.kind, a.name,
               ST_AsMVTGeom(ST_Simplify(a.geom_3857, (ST_XMax(tile.box) - ST_XMin(tile.box)) / 4096, true),
                            tile.box, 4096, 64) AS geom
        FROM area_here AS a CROSS JOIN tile
    ) AS f
), area_labels AS (
    SELECT ST_AsMVT(f, 'area_labels', 4096, 'geom') AS mvt FROM (
        SELECT a.code, a.kind, a.name, ST_AsMVTGeom(a.label_point_3857, tile.box, 4096, 256) AS geom
        FROM area_here AS a CROSS JOIN tile
    ) AS f
), streets AS (
    SELECT ST_AsMVT(f, 'streets', 4096, 'geom', 'id') AS mvt FROM (
        SELECT p.id, p.name, p.road_class,
               ST_AsMVTGeom(ST_Simplify(p.geom_3857, (ST_XMax(tile.box) - ST_XMin(tile.box)) / 2048),
                            tile.box, 4096, 64) AS geom
        FROM published_street_part AS p CROSS JOIN tile
        WHERE :zoom >= 11 AND p.geom_3857 && tile.wide
          -- a file without road classes cannot say which streets are the main ones
          AND (p.road_class IN ('trunk', 'primary', 'secondary', 'tertiary') OR (:zoom >= 12 AND p.road_class IS NULL))
    ) AS f
), asset_counts AS (
    SELECT ST_AsMVT(f, 'asset_counts', 4096, 'geom') AS mvt FROM (
        SELECT area_here.code, area_here.name, n.*, ST_AsMVTGeom(area_here.label_point_3857, tile.box, 4096, 256) AS geom
        FROM area_here
        CROSS JOIN tile
        CROSS JOIN LATERAL (
            SELECT told.things + told.person AS count, NULLIF(told.person, 0) AS person,
                   NULLIF(told.club, 0) AS club, NULLIF(told.meeting_place, 0) AS meeting_place,
                   NULLIF(told.street_initiative, 0) AS street_initiative, NULLIF(told.institution, 0) AS institution,
                   NULLIF(told.exchange, 0) AS exchange, NULLIF(told.story, 0) AS story
            FROM (
                SELECT counted.*,
-- include: people_told
                       AS person
                FROM (
                    SELECT count(*) FILTER (WHERE a.kind <> 'person') AS things,
                           count(*) FILTER (WHERE a.kind = 'person') AS people,
                           count(*) FILTER (WHERE a.kind = 'club') AS club,
                           count(*) FILTER (WHERE a.kind = 'meeting_place') AS meeting_place,
                           count(*) FILTER (WHERE a.kind = 'street_initiative') AS street_initiative,
                           count(*) FILTER (WHERE a.kind = 'institution') AS institution,
                           count(*) FILTER (WHERE a.kind = 'exchange') AS exchange,
                           count(*) FILTER (WHERE a.kind = 'story') AS story
                    FROM published_asset AS a
                    WHERE a.area_id = area_here.id AND a.active_on @> CAST(:on AS date)
                      AND (CAST(:theme AS text) IS NULL OR a.themes @> ARRAY[CAST(:theme AS text)])
                      AND
-- include: facet_holds
                ) AS counted
            ) AS told
        ) AS n
        WHERE :zoom >= 11 AND n.count > 0
    ) AS f
)
SELECT areas.mvt, area_labels.mvt, streets.mvt, asset_counts.mvt FROM areas, area_labels, streets, asset_counts
