-- feature_activities: activities as GeoJSON features at the place of their asset, in the order of their ids.
--   :srid, :decimals  integer   EPSG code of the answer, decimals of a coordinate
--   :limit            bigint    rows at most
--   switched: :id, :after bigint; :asset bigint (of this asset); :area_ids bigint[] (in_area);
--             :box geometry (storage CRS); :first, :last date (held from :first until :last, both included)
-- Rows: id, version, feature (JSON text). Relies on published_activity (or activity, when `archive`), and their keys.
SELECT t.id, t.version,
    concat(
        '{"type":"Feature","id":', t.id, ',"geometry":',
-- when plain:
        COALESCE(ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0), 'null'),
-- when flipped:
        COALESCE(ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0), 'null'),
-- end
        ',"properties":',
        json_build_object(
            'asset_id', t.asset_id, 'kind', t.kind, 'held_on', t.held_on, 'participants', t.participants, 'hours', t.hours,
            'note', t.note, 'version', t.version), '}') AS feature
-- when published:
FROM published_activity AS t
JOIN published_asset AS a ON a.id = t.asset_id
-- when archive:
FROM activity AS t
JOIN asset AS a ON a.id = t.asset_id
-- end
WHERE true
-- when id:
  AND t.id = CAST(:id AS bigint)
-- when after:
  AND t.id > CAST(:after AS bigint)
-- when asset:
  AND t.asset_id = CAST(:asset AS bigint)
-- when in_area:
  AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when box:
  AND ST_Intersects(a.geom, CAST(:box AS geometry))
-- when first:
  AND t.held_on >= CAST(:first AS date)
-- when last:
  AND t.held_on <= CAST(:last AS date)
-- end
ORDER BY t.id
LIMIT CAST(:limit AS bigint)
