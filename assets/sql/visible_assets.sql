-- visible_assets: of some entries, those that are public or belong to one of some communities.
--   :ids          bigint[]   entries
--   :communities  bigint[]   communities in which somebody may write
-- Rows: id.
-- Relies on asset_pkey, published_asset.
SELECT a.id FROM asset AS a
WHERE a.id = ANY(CAST(:ids AS bigint[]))
  AND (a.community_id = ANY(CAST(:communities AS bigint[])) OR EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id))
