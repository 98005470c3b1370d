-- general_neighbourhood: the area that is shown for a person, and the one point that everyone in it gets.
--   :code   text   code of the area, or NULL to use the point
--   :point  bytea  WKB point in the storage CRS, or NULL
-- Rows: at most one: area_id, point (WKB, storage CRS). The smallest area that holds the point; a tie: lower code.
-- Relies on ix_area_geom and the unique index on area.code. The SRID comes from a subquery and not from a join, because
-- the index is not used when the point has to be made anew for each row.
SELECT a.id AS area_id, ST_AsBinary(a.label_point) AS point
FROM area AS a
WHERE (CAST(:code AS text) IS NOT NULL AND a.code = CAST(:code AS text))
   OR (CAST(:code AS text) IS NULL
       AND ST_Intersects(a.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:point AS bytea)),
                                            (SELECT storage_srid FROM deployment))))
ORDER BY array_position(ARRAY['neighbourhood', 'district', 'municipality'], a.kind), a.code
LIMIT 1
