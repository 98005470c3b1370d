-- measurement_parts: give measurements the street part that they belong to again, after streets were divided anew.
-- Binds: none. Rows: none; writes measurement.street_part_id of the streets in touched_street (temporary).
-- The part of the street nearest to the counted box; a tie: the lower id.
-- Relies on ix_measurement_street_id and uq_street_part_identity.
UPDATE measurement AS m
SET street_part_id = (
    SELECT p.id FROM street_part AS p WHERE p.street_id = m.street_id ORDER BY ST_Distance(p.geom, m.geom), p.id LIMIT 1)
FROM touched_street AS t
WHERE m.street_id = t.street_id
  AND m.street_part_id IS DISTINCT FROM (
    SELECT p.id FROM street_part AS p WHERE p.street_id = m.street_id ORDER BY ST_Distance(p.geom, m.geom), p.id LIMIT 1)
