-- import_addresses: write the addresses of a file that are new or different.
--   :source text
-- Rows: is_new for each address that was written.
-- Relies on address_point and address_place (temporary) and uq_address_street_id.
INSERT INTO address AS known (street_id, street_part_id, number, along_mm, estimated, source, geom)
SELECT p.street_id, p.street_part_id, a.number, p.along_mm, a.estimated, CAST(:source AS text), a.geom
FROM address_place AS p
JOIN address_point AS a ON a.id = p.id
ORDER BY p.street_part_id, p.along_mm
ON CONFLICT (street_id, number) DO UPDATE
SET street_part_id = excluded.street_part_id, along_mm = excluded.along_mm, estimated = excluded.estimated,
    source = excluded.source, geom = excluded.geom
WHERE known.street_part_id IS DISTINCT FROM excluded.street_part_id
   OR known.along_mm IS DISTINCT FROM excluded.along_mm
   OR known.estimated <> excluded.estimated
   OR known.source <> excluded.source
   OR ST_AsBinary(known.geom) <> ST_AsBinary(excluded.geom)
RETURNING xmax = 0 AS is_new
