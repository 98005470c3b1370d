-- import_area_by_name: the area that someone means by a code or a name.
--   :name text
-- Rows: code, at the finest level at which there is one; several when the name stands for several there.
WITH found AS (
    SELECT a.code, array_position(ARRAY['neighbourhood', 'district', 'municipality'], a.kind) AS level
    FROM area AS a
    WHERE a.code = CAST(:name AS text) OR folded(a.name) = folded(CAST(:name AS text))
)
SELECT code
FROM found
WHERE level = (SELECT min(level) FROM found)
ORDER BY code
