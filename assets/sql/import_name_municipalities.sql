-- import_name_municipalities: streets whose municipality has become known by name.
-- Binds: none. Rows: id of each street that changed.
UPDATE street AS s
SET municipality = m.name
FROM area AS m
WHERE m.code = s.municipality_code AND m.kind = 'municipality' AND s.municipality IS NULL
RETURNING s.id
