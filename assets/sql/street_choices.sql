-- street_choices: streets and areas that someone may mean who typed a few words; forgiving.
--   :words text without signs that mean something in a pattern · :most integer (streets) · :most_areas integer
-- Rows: kind (street or area), id (of a street), code (of an area), name, places (names of areas that a street is in, the
-- most metres first, at most three; of an area the area around it), length_m (of a street), distance (0 the same,
-- 1 begins so, 2 and more: looks like it); of the longest part of a street: area (code), part_m, addresses, estimated
-- (whether these are). Best first.
-- Look-alikes of a street only when none begins so; how alike is set for the transaction (street_choice.ALIKE).
-- Relies on ix_street_name_folded, ix_street_name_alike and ix_area_name_alike.
WITH said AS MATERIALIZED (
    SELECT folded(CAST(:words AS text)) AS words, folded(CAST(:words AS text)) || '%' AS pattern
), begins AS MATERIALIZED (
    SELECT s.id, s.name, CASE WHEN folded(s.name) = said.words THEN 0 ELSE 1 END AS distance
    FROM published_street AS s, said
    WHERE folded(s.name) LIKE said.pattern
    ORDER BY 3, length(s.name), s.name, s.id
    LIMIT CAST(:most AS integer)
), alike AS (
    SELECT s.id, s.name, 3 - a.nearness AS distance
    FROM published_street AS s
    CROSS JOIN said
    CROSS JOIN LATERAL (
        SELECT greatest(similarity(folded(s.name), said.words), word_similarity(said.words, folded(s.name)) * 0.95) AS nearness
    ) AS a
    WHERE NOT EXISTS (SELECT FROM begins)
      AND (folded(CAST(:words AS text)) <% folded(s.name) OR folded(s.name) % folded(CAST(:words AS text)))
    ORDER BY a.nearness DESC, s.name, s.id
    LIMIT CAST(:most AS integer)
), found_street AS (
    SELECT * FROM begins UNION ALL SELECT * FROM alike
), found_area AS (
    SELECT a.code, a.name, a.parent_id,
           CASE WHEN folded(a.name) = said.words THEN 0 WHEN folded(a.name) LIKE said.pattern THEN 1
                ELSE 3 - similarity(folded(a.name), said.words) END AS distance
    FROM published_area AS a, said
    WHERE folded(a.name) LIKE said.pattern OR folded(a.name) % folded(CAST(:words AS text))
    ORDER BY 4, array_position(ARRAY['neighbourhood', 'district', 'municipality'], a.kind), a.name, a.code
    LIMIT CAST(:most_areas AS integer)
)
SELECT 'street' AS kind, s.id, NULL AS code, s.name, within.places, within.length_m, s.distance,
       longest.area, longest.part_m, longest.addresses, longest.estimated
FROM found_street AS s
CROSS JOIN LATERAL (
    SELECT (array_agg(p.area ORDER BY p.length_m DESC, p.area) FILTER (WHERE p.area IS NOT NULL))[1:3] AS places,
           sum(p.length_m) AS length_m
    FROM (
        SELECT a.name AS area, sum(p.length_m) AS length_m
        FROM published_street_part AS p
        LEFT JOIN published_area AS a ON a.id = p.area_id
        WHERE p.street_id = s.id
        GROUP BY a.name
    ) AS p
) AS within
CROSS JOIN LATERAL (
-- include: street_choice_longest
) AS longest
UNION ALL
SELECT 'area', NULL, a.code, a.name, ARRAY[parent.name], NULL, a.distance, a.code, NULL, NULL, NULL
FROM found_area AS a
LEFT JOIN published_area AS parent ON parent.id = a.parent_id
ORDER BY distance, kind DESC, name, id, code
