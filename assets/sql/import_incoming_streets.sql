-- import_incoming_streets: one row per street of a file.
-- Binds: none. Rows: into incoming_street, temporary; geom holds all its lines, storage CRS.
-- The municipality's name is the one most of its lines carry. Relies on incoming and incoming_piece (temporary).
INSERT INTO incoming_street (key, municipality_code, municipality, name, length_m, geom, is_new, moved)
SELECT p.street_key, min(i.municipality_code), mode() WITHIN GROUP (ORDER BY i.municipality), min(i.name),
       sum(ST_Length(i.geom)), ST_Collect(i.geom), FALSE, FALSE
FROM incoming_piece AS p
JOIN incoming AS i ON i.id = p.line_id
GROUP BY p.street_key
