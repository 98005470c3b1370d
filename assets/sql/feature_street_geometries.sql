-- feature_street_geometries: lines of street parts as GeoJSON.
--   :ids              bigint[]  street parts
--   :srid, :decimals  integer   EPSG code of the answer, decimals of a coordinate
-- Rows: id, geometry (JSON text). Relies on the key of street_part.
SELECT p.id,
-- when plain:
    ST_AsGeoJSON(ST_Transform(p.geom, CAST(:srid AS integer)), CAST(:decimals AS integer), 0) AS geometry
-- when flipped:
    ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(p.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0) AS geometry
-- end
FROM published_street_part AS p
WHERE p.id = ANY (CAST(:ids AS bigint[]))
