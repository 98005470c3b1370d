-- import_addresses_vanished: addresses of the same source, inside the box of a file, that are not in it any more.
--   :source text
-- Rows: none; deletes from address. Relies on address_point and address_place (temporary) and uq_address_street_id.
WITH box AS (
    SELECT ST_SetSRID(ST_Extent(a.geom), max(ST_SRID(a.geom))) AS geom FROM address_point AS a
), there AS (
    SELECT p.street_id, a.number FROM address_place AS p JOIN address_point AS a ON a.id = p.id
)
DELETE FROM address AS known
USING box
WHERE known.source = CAST(:source AS text) AND known.geom @ box.geom
  AND NOT EXISTS (SELECT FROM there AS t WHERE t.street_id = known.street_id AND t.number = known.number)
