-- address_points: known addresses that are to be placed again, under the name of the street they are on.
--   switch with its bind: streets (:ids bigint[]: only of these streets and others of their names); without it all
-- Rows: into address_point (temporary). Relies on ix_street_name and uq_address_street_id.
INSERT INTO address_point (id, street, number, estimated, geom)
SELECT a.id, s.name, a.number, a.estimated, a.geom
FROM address AS a
JOIN street AS s ON s.id = a.street_id
WHERE true
-- when streets:
  AND s.name IN (SELECT touched.name FROM street AS touched WHERE touched.id = ANY (CAST(:ids AS bigint[])))
-- end
