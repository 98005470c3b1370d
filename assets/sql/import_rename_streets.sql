-- import_rename_streets: give known streets the municipality that the file tells, where it differs.
-- Binds: none. Rows: id of each street that changed. Relies on incoming_street (temporary).
UPDATE street AS s
SET municipality_code = i.municipality_code, municipality = coalesce(i.municipality, s.municipality), piece = i.piece
FROM incoming_street AS i
WHERE i.street_id = s.id AND NOT i.is_new
  AND (i.moved OR s.municipality IS DISTINCT FROM coalesce(i.municipality, s.municipality))
RETURNING s.id
