-- communities_here: which of these communities have a public entry in an area; persons not counted, so that nobody can
-- tell from what is said of a community that somebody came or withdrew.
--   :communities bigint[] · :area_ids bigint[] or NULL for everywhere
-- Rows: community_id. Relies on ix_asset_community_id and ix_asset_area_id.
SELECT c.id AS community_id
FROM unnest(CAST(:communities AS bigint[])) AS c (id)
WHERE EXISTS (SELECT 1 FROM published_asset AS a
              WHERE a.community_id = c.id AND a.kind <> 'person'
                AND (CAST(:area_ids AS bigint[]) IS NULL OR a.area_id = ANY (CAST(:area_ids AS bigint[]))))
