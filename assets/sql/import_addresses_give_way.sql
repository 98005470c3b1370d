-- import_addresses_give_way: stored estimates on streets of which a file brings the addresses themselves.
-- Binds: none. Rows: none; deletes from address. Relies on address_point and address_place (temporary).
DELETE FROM address AS known
USING (
    SELECT DISTINCT p.street_id
    FROM address_place AS p
    JOIN address_point AS a ON a.id = p.id
    WHERE NOT a.estimated
) AS told
WHERE known.street_id = told.street_id AND known.estimated
