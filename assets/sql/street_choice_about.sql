-- street_choice_about: what a street is called and where it is.
--   :street_id bigint
-- Rows: at most one: id, name, places (names of its areas, the most metres first), length_m, numbers (whether house
-- numbers are known along it); of its longest part: area (code), part_m, addresses, estimated (whether these are).
-- Relies on uq_street_part_identity and ix_address_street_part_id.
SELECT s.id, s.name, within.places, within.length_m, within.numbers,
       longest.area, longest.part_m, longest.addresses, longest.estimated
FROM published_street AS s
CROSS JOIN LATERAL (
    SELECT array_agg(a.name ORDER BY p.length_m DESC, a.name) FILTER (WHERE a.name IS NOT NULL) AS places,
           sum(p.length_m) AS length_m,
           bool_or(EXISTS (SELECT FROM published_address AS d WHERE d.street_part_id = p.id)) AS numbers
    FROM published_street_part AS p
    LEFT JOIN published_area AS a ON a.id = p.area_id
    WHERE p.street_id = s.id
) AS within
CROSS JOIN LATERAL (
-- include: street_choice_longest
) AS longest
WHERE s.id = CAST(:street_id AS bigint)
