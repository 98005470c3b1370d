-- import_addresses_estimated: estimated addresses of a file on streets whose addresses are known; they are left out.
-- Binds: none. Rows: none; deletes from address_place (temporary).
-- Relies on address_point (temporary) and uq_address_street_id.
DELETE FROM address_place AS p
USING address_point AS a
WHERE a.id = p.id AND a.estimated
  AND EXISTS (SELECT FROM address AS known WHERE known.street_id = p.street_id AND NOT known.estimated)
