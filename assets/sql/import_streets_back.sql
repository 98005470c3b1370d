-- import_streets_back: streets that had vanished and are in this file again.
-- Binds: none. Rows: id of each.
UPDATE street AS s
SET vanished_on = NULL
FROM incoming_street AS i
WHERE i.street_id = s.id AND s.vanished_on IS NOT NULL
RETURNING s.id
