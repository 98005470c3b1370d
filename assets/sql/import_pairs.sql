-- import_pairs: for each street of a file the known streets of its name that it may be, with the metres of identical
-- lines that they share (NULL when none).
-- Binds: none. Rows: into street_pair (key, street_id, same_municipality, shared_m), temporary.
-- Relies on ix_street_name, ix_segment_street_id and the temporary tables incoming, incoming_piece, incoming_street.
WITH pair AS MATERIALIZED (
    SELECT i.key, s.id AS street_id, i.municipality_code IS NOT DISTINCT FROM s.municipality_code AS same_municipality
    FROM incoming_street AS i
    JOIN street AS s ON s.name = i.name
    WHERE i.municipality_code IS NOT DISTINCT FROM s.municipality_code
       OR i.municipality_code IS NULL OR s.municipality_code IS NULL
), shared AS (
    SELECT pair.key, pair.street_id, sum(ST_Length(i.geom)) AS shared_m
    FROM pair
    JOIN incoming_piece AS p ON p.street_key = pair.key
    JOIN incoming AS i ON i.id = p.line_id
    JOIN segment AS g ON g.street_id = pair.street_id AND g.fingerprint = i.fingerprint
    GROUP BY pair.key, pair.street_id
)
INSERT INTO street_pair (key, street_id, same_municipality, shared_m)
SELECT pair.key, pair.street_id, pair.same_municipality, shared.shared_m
FROM pair
LEFT JOIN shared ON shared.key = pair.key AND shared.street_id = pair.street_id
