-- energy_activities: the activities that the energy of a street part or of an area is made of on a day, heaviest first.
--   :on date · :half_life integer · :limit bigint
--   switches: part (:id bigint) or area (:area_ids bigint[]: an area and all inside it)
-- Rows: id (activity), asset_id, title, language (of the title), asset_kind, kind, held_on, participants, share (of the activity that counts
-- here, 0 .. 1), weight (on that day, share included), total (weight of all, shown or not).
-- Relies on ix_street_part_area_id, ix_energy_share_street_part_id, ix_asset_area_id and ix_activity_asset_id_held_on.
WITH here AS (
-- when part:
    SELECT e.asset_id, e.share, e.counts_on FROM published_energy_share AS e WHERE e.street_part_id = CAST(:id AS bigint)
-- when area:
    SELECT asset_id, sum(share) AS share, range_agg(counts_on) AS counts_on
    FROM (
        SELECT e.asset_id, e.share, e.counts_on
        FROM published_street_part AS p
        JOIN published_energy_share AS e ON e.street_part_id = p.id
        WHERE p.area_id = ANY (CAST(:area_ids AS bigint[]))
        UNION ALL
        SELECT e.asset_id, e.share, e.counts_on
        FROM published_energy_without_street AS e
        WHERE e.area_id = ANY (CAST(:area_ids AS bigint[]))
    ) AS e
    GROUP BY asset_id
-- end
), weighed AS (
    SELECT t.id, t.asset_id, a.title, a.language, a.kind AS asset_kind, t.kind, t.held_on, t.participants, h.share,
           h.share * sqrt(CAST(t.participants AS double precision))
           * power(CAST(2 AS double precision), (t.held_on - CAST(:on AS date)) / CAST(:half_life AS double precision)) AS weight
    FROM here AS h
    JOIN published_activity AS t ON t.asset_id = h.asset_id
    JOIN published_asset AS a ON a.id = h.asset_id
    WHERE h.counts_on @> CAST(:on AS date)
      AND t.held_on BETWEEN CAST(:on AS date) - 100 * :half_life AND CAST(:on AS date)
)
SELECT id, asset_id, title, language, asset_kind, kind, held_on, participants, share, weight, sum(weight) OVER () AS total
FROM weighed
ORDER BY weight DESC, held_on DESC, id
LIMIT CAST(:limit AS bigint)
