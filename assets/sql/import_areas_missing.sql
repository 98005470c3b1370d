-- import_areas_missing: known areas that a newer file of the same municipalities does not have.
--   :codes text[] (areas of the file) · :kinds text[] (their levels)
-- Rows: code, ascending. Only where the file holds at least half of the known areas of that level and municipality:
-- an extract of two neighbourhoods says nothing about the others. Municipalities themselves count together.
WITH known AS (
    SELECT a.code, a.kind, CASE WHEN a.kind <> 'municipality' THEN coalesce(m.code, substr(a.code, 3, 4)) END AS town,
           a.code = ANY (CAST(:codes AS text[])) AS is_there
    FROM area AS a
    LEFT JOIN area AS m ON m.id = a.municipality_id
    WHERE a.kind = ANY (CAST(:kinds AS text[]))
)
SELECT k.code
FROM known AS k
JOIN (
    SELECT kind, town FROM known GROUP BY kind, town HAVING avg(CAST(is_there AS int)) >= 0.5
) AS told ON told.kind = k.kind AND told.town IS NOT DISTINCT FROM k.town
WHERE NOT k.is_there
ORDER BY k.code
