-- general_street: the street part that is shown for a person, and the one point that everyone in it gets.
--   :street_id  bigint  the street, or NULL to take the nearest within 100 m of the point
--   :point      bytea   WKB point in the storage CRS, or NULL
-- Rows: at most one: street_id, area_id, addresses and length_m (of the part), estimated (whether its addresses are), point
-- (WKB, storage CRS: the middle of the part's longest line), area_point (WKB, label point of its area).
-- Relies on uq_street_part_identity, ix_street_part_geom and ix_address_street_part_id.
WITH here AS (
    SELECT ST_SetSRID(ST_GeomFromWKB(CAST(:point AS bytea)), d.storage_srid) AS geom FROM deployment AS d
)
SELECT p.street_id, p.area_id, p.addresses, p.length_m,
       EXISTS (SELECT FROM address AS e WHERE e.street_part_id = p.id AND e.estimated) AS estimated,
       ST_AsBinary(ST_LineInterpolatePoint(longest.geom, 0.5)) AS point,
       ST_AsBinary(a.label_point) AS area_point
FROM here
CROSS JOIN street_part AS p
LEFT JOIN area AS a ON a.id = p.area_id
CROSS JOIN LATERAL (
    SELECT piece.geom FROM ST_Dump(ST_LineMerge(p.geom)) AS piece ORDER BY ST_Length(piece.geom) DESC, piece.path LIMIT 1
) AS longest
WHERE CASE WHEN CAST(:street_id AS bigint) IS NULL
           THEN ST_DWithin(p.geom, here.geom, 100)
           ELSE p.street_id = CAST(:street_id AS bigint) END
ORDER BY COALESCE(ST_Distance(p.geom, here.geom), 0), p.length_m DESC, p.id
LIMIT 1
