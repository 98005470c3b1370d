-- streets_near: the streets nearest to a shape.
--   :shape bytea (WKB, storage CRS) · :reach_m double precision · :most integer
-- Rows: street_id, name, distance_m; nearest first. Relies on ix_street_part_geom.
WITH here AS (
    SELECT ST_SetSRID(ST_GeomFromWKB(CAST(:shape AS bytea)), d.storage_srid) AS geom FROM deployment AS d
), near AS (
    SELECT p.street_id, p.name, ST_Distance(p.geom, here.geom) AS distance_m
    FROM here
    JOIN street_part AS p ON ST_DWithin(p.geom, here.geom, CAST(:reach_m AS double precision))
    JOIN street AS s ON s.id = p.street_id AND s.vanished_on IS NULL
)
SELECT street_id, name, min(distance_m) AS distance_m
FROM near
GROUP BY street_id, name
ORDER BY min(distance_m), street_id
LIMIT CAST(:most AS integer)
