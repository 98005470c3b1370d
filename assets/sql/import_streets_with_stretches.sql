-- import_streets_with_stretches: of these streets, those that a street initiative cares for.
--   :ids bigint[]
-- Rows: street id, ascending. Relies on ix_stretch_street_id.
SELECT DISTINCT s.street_id
FROM stretch AS s
WHERE s.street_id = ANY (CAST(:ids AS bigint[]))
ORDER BY s.street_id
