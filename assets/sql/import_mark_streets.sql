-- import_mark_streets: the mark of streets whose lines changed, with the file that changed them.
--   :ids bigint[] · :source text · :batch_id bigint
-- Rows: none. Relies on ix_segment_street_id.
UPDATE street AS s
SET fingerprint = lines.mark, source = CAST(:source AS text), import_batch_id = CAST(:batch_id AS bigint)
FROM (
    SELECT g.street_id, md5(string_agg(g.fingerprint, ',' ORDER BY g.fingerprint)) AS mark
    FROM segment AS g
    WHERE g.street_id = ANY (CAST(:ids AS bigint[]))
    GROUP BY g.street_id
) AS lines
WHERE s.id = lines.street_id AND s.fingerprint <> lines.mark
