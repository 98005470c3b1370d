-- measurement_spot: the street part that a counted box belongs to.
--   :street_part_id bigint or NULL · :street_id bigint or NULL · :area_ids bigint[] or NULL
--   :point bytea (WKB, storage CRS) or NULL · :reach_m double precision (how far a point may lie from its street)
-- Rows: street_part_id, street_id, area_name, point (WKB, storage CRS: the one given, else the middle of the part's longest line). With a
-- point at most one row, the nearest (a tie: the lower id); else every part that fits.
-- Relies on ix_street_part_geom, uq_street_part_identity. The SRID comes from a subquery, so that the index is used.
SELECT p.id AS street_part_id, p.street_id, a.name AS area_name,
       COALESCE(CAST(:point AS bytea),
                (SELECT ST_AsBinary(ST_LineInterpolatePoint(line.geom, 0.5)) FROM ST_Dump(p.geom) AS line
                 ORDER BY ST_Length(line.geom) DESC, line.path LIMIT 1)) AS point
FROM street_part AS p
LEFT JOIN area AS a ON a.id = p.area_id
WHERE (CAST(:street_part_id AS bigint) IS NULL OR p.id = CAST(:street_part_id AS bigint))
  AND (CAST(:street_id AS bigint) IS NULL OR p.street_id = CAST(:street_id AS bigint))
  AND (CAST(:area_ids AS bigint[]) IS NULL OR p.area_id = ANY (CAST(:area_ids AS bigint[])))
  AND (p.vanished_on IS NULL OR CAST(:street_part_id AS bigint) IS NOT NULL)
  AND (CAST(:point AS bytea) IS NULL
       OR ST_DWithin(p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:point AS bytea)),
                                        (SELECT storage_srid FROM deployment)), CAST(:reach_m AS double precision)))
ORDER BY CASE WHEN CAST(:point AS bytea) IS NULL THEN 0
              ELSE ST_Distance(p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:point AS bytea)),
                                                  (SELECT storage_srid FROM deployment))) END, p.id
LIMIT CASE WHEN CAST(:point AS bytea) IS NULL THEN 20 ELSE 1 END
