-- import_doubles: leave out lines that stand in a file twice, with the same name and the same geometry.
-- Binds: none. Rows: id of each line left out, of the temporary table incoming.
DELETE FROM incoming AS i
USING (
    SELECT id, row_number() OVER (PARTITION BY name, municipality_code, fingerprint ORDER BY id) AS turn FROM incoming
) AS numbered
WHERE numbered.id = i.id AND numbered.turn > 1
RETURNING i.id
