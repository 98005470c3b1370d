-- connections_of: what one asset is connected to on a day, seen from that asset.
--   :id     bigint  the asset
--   :on     date    only assets that are active on this day, and connections that had begun
--   :limit  bigint  rows at most
--   switched: published (what everyone may see), archive (what whoever may change entries sees)
-- Rows: id (of the connection), kind, inward (whether it comes from the other), since, asset_id, asset_kind, title,
--       language, freshness; by title. Relies on uq_connection_from_id_to_id_kind, ix_connection_to_id, is_closed.
SELECT c.id, c.kind, c.inward, c.since, a.id AS asset_id, a.kind AS asset_kind, a.title, a.language,
    CASE WHEN a.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END AS freshness
FROM (
-- when published:
    SELECT x.id, x.kind, x.since, x.to_id AS other_id, false AS inward
    FROM published_connection AS x WHERE x.from_id = CAST(:id AS bigint)
    UNION ALL
    SELECT x.id, x.kind, x.since, x.from_id, true
    FROM published_connection AS x WHERE x.to_id = CAST(:id AS bigint)
-- when archive:
    SELECT x.id, x.kind, x.since, x.to_id AS other_id, false AS inward
    FROM connection AS x WHERE x.from_id = CAST(:id AS bigint)
    UNION ALL
    SELECT x.id, x.kind, x.since, x.from_id, true
    FROM connection AS x WHERE x.to_id = CAST(:id AS bigint)
-- end
) AS c
-- when published:
JOIN published_asset AS a ON a.id = c.other_id
-- when archive:
JOIN asset AS a ON a.id = c.other_id AND a.state = 'published' AND NOT is_closed(a.id)
-- end
WHERE a.active_on @> CAST(:on AS date) AND (c.since <= CAST(:on AS date)) IS NOT FALSE
ORDER BY folded(a.title), c.id
LIMIT CAST(:limit AS bigint)
