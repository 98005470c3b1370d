-- import_vanished: known streets that a newer file of the same place does not have any more.
--   :west :south :east :north double precision (box of the file's lines, storage CRS) · :srid int
--   :source text · :complete boolean · :on date
-- Rows: id, name, has_stretches. They keep their lines and parts; the published views decide who still sees them.
-- Only of a municipality in the file, lying wholly inside its box, and only when the file may know: it comes from the
-- same source, it holds at least half of the known streets of that municipality, or it is said to be complete.
WITH town AS (
    SELECT DISTINCT municipality_code FROM incoming_street
), known AS (
    SELECT s.id, s.name, s.municipality_code, s.source, i.street_id IS NOT NULL AS is_there
    FROM street AS s
    JOIN town AS t ON t.municipality_code IS NOT DISTINCT FROM s.municipality_code
    LEFT JOIN incoming_street AS i ON i.street_id = s.id
    WHERE s.vanished_on IS NULL
), well_known AS (
    SELECT municipality_code FROM known GROUP BY municipality_code HAVING avg(CAST(is_there AS int)) >= 0.5
), gone AS (
    SELECT k.id
    FROM known AS k
    WHERE NOT k.is_there
      AND (CAST(:complete AS boolean) OR k.source = CAST(:source AS text)
           OR EXISTS (SELECT FROM well_known AS w WHERE w.municipality_code IS NOT DISTINCT FROM k.municipality_code))
      AND NOT EXISTS (
          SELECT FROM segment AS g
          WHERE g.street_id = k.id AND NOT g.geom @ ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS int)))
)
UPDATE street AS s
SET vanished_on = CAST(:on AS date)
FROM gone
WHERE s.id = gone.id
RETURNING s.id, s.name, EXISTS (SELECT FROM stretch AS x WHERE x.street_id = s.id) AS has_stretches
