-- address_moved: known addresses get the place that was found for them, or none.
-- Binds: none. Rows: none; writes address, only where something is different.
-- Relies on address_point and address_place (temporary).
UPDATE address AS a
SET street_id = coalesce(p.street_id, a.street_id), street_part_id = p.street_part_id, along_mm = p.along_mm
FROM address_point AS i
LEFT JOIN address_place AS p ON p.id = i.id
WHERE a.id = i.id
  AND (a.street_part_id IS DISTINCT FROM p.street_part_id OR a.along_mm IS DISTINCT FROM p.along_mm
       OR a.street_id <> coalesce(p.street_id, a.street_id))
