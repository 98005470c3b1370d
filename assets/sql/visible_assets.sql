-- visible_assets: of some entries, those that are public or belong to one of some communities; not who withdrew.
--   :ids          bigint[]   entries
--   :communities  bigint[]   communities in which somebody may write; NULL: in all of them
-- Rows: id.
-- Relies on asset_pkey, published_asset, is_closed.
SELECT a.id FROM asset AS a
WHERE a.id = ANY(CAST(:ids AS bigint[])) AND NOT is_closed(a.id)
  AND (CAST(:communities AS bigint[]) IS NULL OR a.community_id = ANY(CAST(:communities AS bigint[]))
      OR EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id))
