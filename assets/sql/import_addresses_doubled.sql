-- import_addresses_doubled: addresses that stand in a file more than once; the first of each stays.
-- Binds: none. Rows: none; deletes from address_place (temporary). Relies on address_point (temporary).
DELETE FROM address_place AS p
USING (
    SELECT p.id, row_number() OVER (PARTITION BY p.street_id, a.number ORDER BY a.estimated, p.id) AS rank
    FROM address_place AS p
    JOIN address_point AS a ON a.id = p.id
) AS ranked
WHERE ranked.id = p.id AND ranked.rank > 1
