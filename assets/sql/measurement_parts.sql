-- measurement_parts: give measurements the street part that they belong to again, after streets were divided anew.
-- Binds: none. Rows: none; writes measurement.street_part_id and street_id, of the streets in touched_street (temporary).
-- The part nearest to the counted box, of its street or of another piece of that name: a street may have been split.
-- A tie: the lower id. Relies on ix_measurement_street_id, ix_street_name and uq_street_part_identity.
UPDATE measurement AS m
SET street_id = found.street_id, street_part_id = found.street_part_id
FROM (
    SELECT c.id, near.street_id, near.street_part_id
    FROM touched_street AS t
    JOIN street AS s ON s.id = t.street_id
    JOIN measurement AS c ON c.street_id = s.id
    CROSS JOIN LATERAL (
        SELECT p.street_id, p.id AS street_part_id
        FROM street AS piece
        JOIN street_part AS p ON p.street_id = piece.id
        WHERE piece.name = s.name AND piece.municipality_code IS NOT DISTINCT FROM s.municipality_code
        ORDER BY ST_Distance(p.geom, c.geom), p.id
        LIMIT 1
    ) AS near
) AS found
WHERE found.id = m.id AND (m.street_id, m.street_part_id) IS DISTINCT FROM (found.street_id, found.street_part_id)
