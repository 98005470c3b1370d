-- tile_streets: a vector tile at street level (z >= 13).
--   the binds of tile_box · :zoom integer · :on date · :theme text or NULL for any · :states boolean
--   :asked_months integer · :carried_share
-- Rows: one, with a column of bytes per layer: areas (code, kind, name), area_labels (code, kind, name), ways
-- (road_class, bridge, tunnel), streets (id, name, road_class; with :states also state), initiatives (asset id,
-- themes, freshness, open, gifts: of head, heart, hands) and assets (id, kind, title, and the same). No text of a person without consent: views.
-- Relies on the _geom_3857 indexes and those of street_state. ST_AsMVT leaves out rows whose geometry came out NULL; a
-- filter on it would make PostgreSQL cut every geometry twice.
WITH
-- include: tile_box
, area_here AS (
    SELECT a.* FROM published_area AS a CROSS JOIN tile WHERE a.geom_3857 && tile.wide
), areas AS (
    SELECT ST_AsMVT(f, 'areas', 4096, 'geom') AS mvt FROM (
        SELECT a.code, a.kind, a.name, ST_AsMVTGeom(a.geom_3857, tile.box, 4096, 64) AS geom
        FROM area_here AS a CROSS JOIN tile
    ) AS f
), area_labels AS (
    SELECT ST_AsMVT(f, 'area_labels', 4096, 'geom') AS mvt FROM (
        SELECT a.code, a.kind, a.name, ST_AsMVTGeom(a.label_point_3857, tile.box, 4096, 512) AS geom
        FROM area_here AS a CROSS JOIN tile
    ) AS f
), ways AS (
    SELECT ST_AsMVT(f, 'ways', 4096, 'geom') AS mvt FROM (
        SELECT s.road_class, CASE WHEN s.bridge THEN true END AS bridge, CASE WHEN s.tunnel THEN true END AS tunnel,
               ST_AsMVTGeom(s.geom_3857, tile.box, 4096, 64) AS geom
        FROM published_segment AS s CROSS JOIN tile
        WHERE s.street_id IS NULL AND s.geom_3857 && tile.wide
          AND (:zoom >= 14 OR s.road_class NOT IN ('footway', 'path', 'steps', 'cycleway', 'service', 'track'))
    ) AS f
), chosen AS (
    SELECT p.id, p.street_id, p.area_id, p.length_m, p.name, p.road_class, p.geom_3857
    FROM published_street_part AS p CROSS JOIN tile
    WHERE p.geom_3857 && tile.wide
),
-- include: street_state
, street_here AS (
    SELECT s.id, s.name, s.road_class, s.state, s.geom_3857 FROM stated AS s WHERE :states
    UNION ALL
    SELECT c.id, c.name, c.road_class, NULL, c.geom_3857 FROM chosen AS c WHERE NOT :states
), streets AS (
    SELECT ST_AsMVT(f, 'streets', 4096, 'geom', 'id') AS mvt FROM (
        SELECT s.id, s.name, s.road_class, s.state,
               ST_AsMVTGeom(ST_LineMerge(s.geom_3857), tile.box, 4096, 64) AS geom
        FROM street_here AS s CROSS JOIN tile
    ) AS f
), asset_here AS (
    SELECT a.id, a.kind, a.title, array_to_string(a.themes, ',') AS themes, a.geom_3857,
           CASE WHEN a.open_to_newcomers THEN true END AS open,
           CASE WHEN a.gifts <> '[]' THEN (SELECT string_agg(DISTINCT g.gift ->> 'of', ',') FROM jsonb_array_elements(a.gifts) AS g (gift)) END AS gifts,
           CASE WHEN a.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END AS freshness
    FROM published_asset AS a CROSS JOIN tile
    WHERE a.geom_3857 && tile.wide AND a.active_on @> CAST(:on AS date)
      AND (CAST(:theme AS text) IS NULL OR a.themes @> ARRAY[CAST(:theme AS text)])
), initiatives AS (
    SELECT ST_AsMVT(f, 'initiatives', 4096, 'geom', 'id') AS mvt FROM (
        SELECT a.id, a.themes, a.freshness, a.open, a.gifts, ST_AsMVTGeom(ST_LineMerge(a.geom_3857), tile.box, 4096, 64) AS geom
        FROM asset_here AS a CROSS JOIN tile WHERE a.kind = 'street_initiative'
    ) AS f
), assets AS (
    SELECT ST_AsMVT(f, 'assets', 4096, 'geom', 'id') AS mvt FROM (
        SELECT a.id, a.kind, a.title, a.themes, a.freshness, a.open, a.gifts,
               ST_AsMVTGeom(CASE WHEN ST_Dimension(a.geom_3857) = 0 THEN a.geom_3857
                                 ELSE ST_PointOnSurface(a.geom_3857) END, tile.box, 4096, 256) AS geom
        FROM asset_here AS a CROSS JOIN tile WHERE a.kind <> 'street_initiative'
    ) AS f
)
SELECT areas.mvt, area_labels.mvt, ways.mvt, streets.mvt, initiatives.mvt, assets.mvt
FROM areas, area_labels, ways, streets, initiatives, assets
