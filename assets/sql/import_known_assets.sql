-- import_known_assets: assets that came from this source before, with what the import said of them last.
--   :source text · :keys text[] · :by text (name under which imports write history)
-- Rows: id, source_key, told (jsonb). Relies on uq_asset_source and ix_change_subject.
SELECT a.id, a.source_key, last.after AS told
FROM asset AS a
LEFT JOIN LATERAL (
    SELECT c.after
    FROM change AS c
    WHERE c.subject = 'asset' AND c.subject_id = a.id AND c.by = CAST(:by AS text) AND c.action IN ('added', 'changed')
    ORDER BY c.id DESC
    LIMIT 1
) AS last ON TRUE
WHERE a.source = CAST(:source AS text) AND a.source_key = ANY (CAST(:keys AS text[]))
