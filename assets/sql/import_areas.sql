-- import_areas: store new areas and those that changed.
--   :source text · :batch_id bigint
-- Rows: id of each. A count of -1 is not told by the file: what is known of it stays. Relies on incoming_area (temporary), which holds only areas that are new or changed.
INSERT INTO area AS known (
    code, kind, name, population, households, addresses, fingerprint, geom, label_point, source, import_batch_id
)
SELECT i.code, i.kind, i.name,
       CASE WHEN i.population = -1 THEN before.population ELSE i.population END,
       CASE WHEN i.households = -1 THEN before.households ELSE i.households END,
       CASE WHEN i.addresses = -1 THEN before.addresses ELSE i.addresses END,
       i.fingerprint, i.geom, i.label_point, CAST(:source AS text), CAST(:batch_id AS bigint)
FROM incoming_area AS i
LEFT JOIN area AS before ON before.code = i.code
ORDER BY i.kind, i.code
ON CONFLICT (code) DO UPDATE
SET kind = excluded.kind, name = excluded.name, population = excluded.population, households = excluded.households,
    addresses = excluded.addresses, fingerprint = excluded.fingerprint, geom = excluded.geom,
    label_point = excluded.label_point, source = excluded.source, import_batch_id = excluded.import_batch_id
RETURNING known.id
