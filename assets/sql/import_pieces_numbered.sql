-- import_pieces_numbered: the piece number of each street of a file, and whether it is new.
-- Binds: none. Rows: none; writes incoming_street (temporary).
-- A known street keeps its number while its municipality stays; others get the numbers after those in use, the longest
-- first. A known street that has a municipality keeps it when the file tells none.
WITH known AS (
    SELECT i.key, i.name, i.length_m, i.street_id, s.piece AS piece_before,
           coalesce(i.municipality_code, s.municipality_code) AS municipality_code,
           s.id IS NOT NULL
             AND coalesce(i.municipality_code, s.municipality_code) IS NOT DISTINCT FROM s.municipality_code AS stays
    FROM incoming_street AS i
    LEFT JOIN street AS s ON s.id = i.street_id
), numbered AS (
    SELECT k.key, k.municipality_code, k.street_id IS NULL AS is_new, NOT k.stays AND k.street_id IS NOT NULL AS moved,
           CASE WHEN k.stays THEN k.piece_before
                ELSE coalesce(used.last, -1)
                     + row_number() OVER (PARTITION BY k.municipality_code, k.name, k.stays ORDER BY k.length_m DESC, k.key)
           END AS piece
    FROM known AS k
    LEFT JOIN LATERAL (
        SELECT max(s.piece) AS last
        FROM street AS s
        WHERE s.name = k.name AND s.municipality_code IS NOT DISTINCT FROM k.municipality_code
    ) AS used ON NOT k.stays
)
UPDATE incoming_street AS i
SET municipality_code = n.municipality_code, is_new = n.is_new, moved = n.moved, piece = n.piece
FROM numbered AS n
WHERE n.key = i.key
