-- connections_known: assets by their numbers, to connect with.
--   :ids  bigint[]
--   switched: published (what everyone may see), archive (what whoever may change entries sees)
-- Rows: id, kind, title, language. Relies on the key of asset, is_closed.
SELECT a.id, a.kind, a.title, a.language
-- when published:
FROM published_asset AS a
-- when archive:
FROM asset AS a
-- end
WHERE a.id = ANY (CAST(:ids AS bigint[]))
-- when archive:
  AND a.state = 'published' AND NOT is_closed(a.id)
-- end
