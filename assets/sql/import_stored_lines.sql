-- import_stored_lines: the stored lines that a file may say something about: those of its known streets, and ways
-- without a name (street 0) inside its box.
--   :west :south :east :north double precision (box of the file's lines, storage CRS) · :srid int
-- Rows: into stored_line (id, street_id, fingerprint, source, in_box), temporary.
-- Relies on ix_segment_street_id, ix_segment_geom and incoming_street (temporary).
INSERT INTO stored_line (id, street_id, fingerprint, source, in_box)
SELECT g.id, g.street_id, g.fingerprint, g.source,
       g.geom && ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS int))
FROM incoming_street AS s
JOIN segment AS g ON g.street_id = s.street_id
WHERE NOT s.is_new
UNION ALL
SELECT g.id, 0, g.fingerprint, g.source, TRUE
FROM segment AS g
WHERE g.street_id IS NULL AND g.geom @ ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS int))
