-- energy_activities: the activities that the energy of a street part or of an area is made of on a day, heaviest first.
--   :on date · :half_life integer · :limit bigint
--   switches: part (:id bigint) or area (:area_ids bigint[]: an area and all inside it)
-- Rows: id (activity), asset_id, title, asset_kind, kind, held_on, participants, share (of the activity that counts
-- here, 0 .. 1), weight (on that day, share included), total (weight of all, shown or not).
-- Relies on ix_energy_share_street_part_id and ix_activity_asset_id_held_on.
WITH here AS (
-- when part:
    SELECT e.asset_id, e.share, e.counts_on FROM published_energy_share AS e WHERE e.street_part_id = CAST(:id AS bigint)
-- when area:
    SELECT e.asset_id, sum(e.share) AS share, range_agg(e.counts_on) AS counts_on
    FROM published_energy_share AS e
    LEFT JOIN published_street_part AS p ON p.id = e.street_part_id
    LEFT JOIN published_asset AS o ON o.id = e.asset_id AND e.street_part_id IS NULL
    WHERE COALESCE(p.area_id, o.area_id) = ANY (CAST(:area_ids AS bigint[]))
    GROUP BY e.asset_id
-- end
), weighed AS (
    SELECT t.id, t.asset_id, a.title, a.kind AS asset_kind, t.kind, t.held_on, t.participants, h.share,
           h.share * sqrt(CAST(t.participants AS double precision))
           * power(CAST(2 AS double precision), (t.held_on - CAST(:on AS date)) / CAST(:half_life AS double precision)) AS weight
    FROM here AS h
    JOIN published_activity AS t ON t.asset_id = h.asset_id
    JOIN published_asset AS a ON a.id = h.asset_id
    WHERE h.counts_on @> CAST(:on AS date)
      AND t.held_on BETWEEN CAST(:on AS date) - 100 * :half_life AND CAST(:on AS date)
)
SELECT id, asset_id, title, asset_kind, kind, held_on, participants, share, weight, sum(weight) OVER () AS total
FROM weighed
ORDER BY weight DESC, held_on DESC, id
LIMIT CAST(:limit AS bigint)
