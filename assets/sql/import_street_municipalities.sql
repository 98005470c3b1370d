-- import_street_municipalities: streets without a municipality get the one in which most of their metres lie.
-- Binds: none. Rows: id of each street that changed.
-- Relies on area_id of their segments, which are divided before this.
WITH told AS (
    SELECT DISTINCT ON (s.id) s.id, s.name, m.code, m.name AS municipality, sum(ST_Length(g.geom)) AS length_m
    FROM street AS s
    JOIN segment AS g ON g.street_id = s.id
    JOIN area AS a ON a.id = g.area_id
    JOIN area AS m ON m.id = a.municipality_id
    WHERE s.municipality_code IS NULL
    GROUP BY s.id, s.name, m.code, m.name
    ORDER BY s.id, length_m DESC, m.code
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
