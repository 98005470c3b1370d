-- import_asset_areas: bring assets in line with areas that changed.
--   :area_ids bigint[]
-- Rows: none. A thing with a place of its own gets the smallest area that holds it; a person who is shown in their
-- neighbourhood moves with its label, so that everyone there still has the same place.
-- Street initiatives follow their stretches and are not touched here.
-- Relies on ix_asset_geom, ix_asset_area_id and ix_area_geom.
WITH near AS (
    SELECT s.id
    FROM area AS a
    JOIN asset AS s ON s.geom && a.geom
    WHERE a.id = ANY (CAST(:area_ids AS bigint[]))
    UNION
    SELECT s.id FROM asset AS s WHERE s.area_id = ANY (CAST(:area_ids AS bigint[]))
), found AS (
    SELECT s.id,
           CASE WHEN s.placement = 'exact' THEN holds.id ELSE s.area_id END AS area_id,
           CASE WHEN s.placement = 'neighbourhood' THEN named.label_point ELSE s.geom END AS geom
    FROM near
    JOIN asset AS s ON s.id = near.id
    LEFT JOIN area AS named ON named.id = s.area_id
    LEFT JOIN LATERAL (
        SELECT a.id
        FROM area AS a
        WHERE s.placement = 'exact' AND ST_Intersects(a.geom, ST_PointOnSurface(s.geom))
        ORDER BY array_position(ARRAY['neighbourhood', 'district', 'municipality'], a.kind), a.code
        LIMIT 1
    ) AS holds ON TRUE
    WHERE s.kind <> 'street_initiative'
)
UPDATE asset AS s
SET area_id = found.area_id, geom = found.geom
FROM found
WHERE s.id = found.id
  AND (s.area_id IS DISTINCT FROM found.area_id OR ST_AsBinary(s.geom) IS DISTINCT FROM ST_AsBinary(found.geom))
