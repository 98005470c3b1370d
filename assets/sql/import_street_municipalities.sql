-- import_street_municipalities: streets without a municipality get the one in which most of their metres lie.
-- Binds: none. Rows: id of each street that changed.
-- A neighbourhood whose municipality is not known itself tells it by its national code (BU0599... lies in GM0599).
-- Relies on area_id of their segments, which are divided before this.
WITH told AS (
    SELECT DISTINCT ON (s.id) s.id, s.name, town.code, town.name AS municipality, sum(ST_Length(g.geom)) AS length_m
    FROM street AS s
    JOIN segment AS g ON g.street_id = s.id
    JOIN area AS a ON a.id = g.area_id
    LEFT JOIN area AS m ON m.id = a.municipality_id
    CROSS JOIN LATERAL (
        SELECT coalesce(m.code, CASE WHEN a.code ~ '^(BU[0-9]{4}\w{4}|WK[0-9]{4}\w{2})$'
                                     THEN 'GM' || substr(a.code, 3, 4) END), m.name
    ) AS town (code, name)
    WHERE s.municipality_code IS NULL AND town.code IS NOT NULL
    GROUP BY s.id, s.name, town.code, town.name
    ORDER BY s.id, length_m DESC, town.code
), numbered AS (
    SELECT t.id, t.code, t.municipality,
           coalesce((SELECT max(s.piece) FROM street AS s WHERE s.name = t.name AND s.municipality_code = t.code), -1)
           + row_number() OVER (PARTITION BY t.code, t.name ORDER BY t.length_m DESC, t.id) AS piece
    FROM told AS t
)
UPDATE street AS s
SET municipality_code = n.code, municipality = n.municipality, piece = n.piece
FROM numbered AS n
WHERE s.id = n.id
RETURNING s.id
