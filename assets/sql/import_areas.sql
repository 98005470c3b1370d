-- import_areas: store new areas and those that changed.
--   :source text · :batch_id bigint
-- Rows: id of each. Relies on incoming_area (temporary), which holds only areas that are new or changed.
INSERT INTO area AS known (
    code, kind, name, population, households, addresses, fingerprint, geom, label_point, source, import_batch_id
)
SELECT code, kind, name, population, households, addresses, fingerprint, geom, label_point,
       CAST(:source AS text), CAST(:batch_id AS bigint)
FROM incoming_area
ORDER BY kind, code
ON CONFLICT (code) DO UPDATE
SET kind = excluded.kind, name = excluded.name, population = excluded.population, households = excluded.households,
    addresses = excluded.addresses, fingerprint = excluded.fingerprint, geom = excluded.geom,
    label_point = excluded.label_point, source = excluded.source, import_batch_id = excluded.import_batch_id
RETURNING known.id
