-- street_choice_about: what a street is called and where it is.
--   :street_id bigint
-- Rows: at most one: id, name, places (names of its areas, the most metres first), length_m, numbers (whether house
-- numbers are known along it), area (code of the area with most of it). Relies on uq_street_part_identity and
-- ix_address_street_part_id.
SELECT s.id, s.name,
       array_agg(a.name ORDER BY p.length_m DESC, a.name) FILTER (WHERE a.name IS NOT NULL) AS places,
       sum(p.length_m) AS length_m,
       bool_or(EXISTS (SELECT FROM published_address AS d WHERE d.street_part_id = p.id)) AS numbers,
       (array_agg(a.code ORDER BY p.length_m DESC, a.code))[1] AS area
FROM published_street AS s
JOIN published_street_part AS p ON p.street_id = s.id
LEFT JOIN published_area AS a ON a.id = p.area_id
WHERE s.id = CAST(:street_id AS bigint)
GROUP BY s.id, s.name
