-- import_pieces: the named lines of a file as streets: one name in one municipality, split where the gap between
-- pieces exceeds 1 km (domain rule Identity of a street).
-- Binds: none. Rows: into incoming_piece (line_id, street_key), temporary. Storage CRS, metres.
INSERT INTO incoming_piece (line_id, street_key)
WITH piece AS (
    SELECT id, name, municipality_code,
           ST_ClusterDBSCAN(geom, 1000, 1) OVER (PARTITION BY municipality_code, name) AS cluster
    FROM incoming
    WHERE name <> ''
)
SELECT id, dense_rank() OVER (ORDER BY name, municipality_code, cluster)
FROM piece
