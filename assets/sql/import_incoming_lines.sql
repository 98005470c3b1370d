-- import_incoming_lines: the lines of a file, each with the id of its street (0 for ways without a name).
-- Binds: none. Rows: into incoming_line (id, street_id, fingerprint), temporary.
INSERT INTO incoming_line (id, street_id, fingerprint)
SELECT i.id, coalesce(s.street_id, 0), i.fingerprint
FROM incoming AS i
LEFT JOIN incoming_piece AS p ON p.line_id = i.id
LEFT JOIN incoming_street AS s ON s.key = p.street_key
