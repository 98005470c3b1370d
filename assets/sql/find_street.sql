-- find_street: streets of a name, or look-alikes when none has it.
--   :name       text    name as written, or NULL
--   :street_id  bigint  number of the street, or NULL
--   :area       text    code of an area of any level, or NULL
--   :near       bytea   WKB in the storage CRS; orders by distance; NULL for none
-- Rows: id, name, place (municipality or area names), fit (0 = this is the name, 1 = looks like it); best first, at most 5.
-- Relies on ix_street_name and ix_street_name_folded; look-alikes (only on the way to a refusal) read all names.
WITH named AS (
    SELECT s.id, s.name, s.municipality, 0 AS fit
    FROM street AS s
    WHERE (CAST(:street_id AS bigint) IS NOT NULL AND s.id = CAST(:street_id AS bigint))
       OR (CAST(:street_id AS bigint) IS NULL AND s.name = CAST(:name AS text))
), folded AS (
    SELECT s.id, s.name, s.municipality, 0 AS fit
    FROM street AS s
    WHERE NOT EXISTS (SELECT 1 FROM named)
      AND CAST(:street_id AS bigint) IS NULL
      AND folded(s.name) = folded(CAST(:name AS text))
), alike AS (
    SELECT s.id, s.name, s.municipality, 1 AS fit
    FROM street AS s
    WHERE NOT EXISTS (SELECT 1 FROM named) AND NOT EXISTS (SELECT 1 FROM folded)
      AND CAST(:street_id AS bigint) IS NULL
      AND similarity(folded(s.name), folded(CAST(:name AS text))) > 0.3
    ORDER BY similarity(folded(s.name), folded(CAST(:name AS text))) DESC
    LIMIT 5
), found AS (
    SELECT * FROM named UNION ALL SELECT * FROM folded UNION ALL SELECT * FROM alike
)
SELECT f.id, f.name, f.fit,
       COALESCE(f.municipality, (
           SELECT string_agg(DISTINCT a.name, ' and ') FROM street_part AS p JOIN area AS a ON a.id = p.area_id
           WHERE p.street_id = f.id)) AS place
FROM found AS f
CROSS JOIN deployment AS d
WHERE CAST(:area AS text) IS NULL OR EXISTS (
    SELECT 1 FROM street_part AS p
    JOIN area AS a ON a.id = p.area_id
    JOIN area AS asked ON asked.code = CAST(:area AS text)
    WHERE p.street_id = f.id AND asked.id IN (a.id, a.district_id, a.municipality_id))
ORDER BY f.fit,
         CASE WHEN CAST(:near AS bytea) IS NULL THEN 0 ELSE (
             SELECT min(ST_Distance(p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:near AS bytea)), d.storage_srid)))
             FROM street_part AS p WHERE p.street_id = f.id) END,
         f.name, f.id
LIMIT 5
