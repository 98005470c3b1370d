-- keep_energy: what the activities of assets add to the energy of street parts, as sums at a fixed epoch.
--   :ids        bigint[]  assets to look at, or NULL for all
--   :epoch      date      the day at which all sums stand · :half_life integer  days
--   :reach_m    double precision  how far the nearest street part of a place may be
-- Rows: none returned; writes energy_share. One row per asset with activities and street part; a person, and a place
-- with no street within reach, have one row without a street part: they count for their area only.
-- Rule: domain, Energy. An initiative shares by metres covered, stretches that overlap counted once; a club or place
-- goes to its nearest street part (tie: lower id). Sums are always made anew from the activities, oldest first: adding
-- and taking away would leave the rounding of the largest sum that ever stood there.
-- Relies on ix_activity_asset_id_held_on, ix_stretch_part_asset_id, ix_street_part_geom and uq_energy_share_identity.
WITH chosen AS (
    SELECT a.id, a.kind, a.geom, CASE WHEN a.state = 'published' THEN a.active_on ELSE '{}' END AS counts_on,
           done.energy, done.last_on
    FROM asset AS a
    JOIN (
        SELECT t.asset_id, max(t.held_on) AS last_on,
               sum(sqrt(CAST(t.participants AS double precision))
                   * power(CAST(2 AS double precision), (t.held_on - CAST(:epoch AS date)) / CAST(:half_life AS double precision))
                   ORDER BY t.held_on, t.id) AS energy
        FROM activity AS t
        WHERE CAST(:ids AS bigint[]) IS NULL OR t.asset_id = ANY (CAST(:ids AS bigint[]))
        GROUP BY t.asset_id
    ) AS done ON done.asset_id = a.id
), covered AS (
    SELECT l.asset_id, l.street_part_id,
           (SELECT sum(upper(r) - lower(r)) FROM unnest(range_agg(l.covered)) AS r) AS covered_mm
    FROM stretch_part AS l
    JOIN chosen AS c ON c.id = l.asset_id
    GROUP BY l.asset_id, l.street_part_id
), wanted AS (
    SELECT v.asset_id, v.street_part_id,
           CAST(v.covered_mm AS double precision) / sum(v.covered_mm) OVER (PARTITION BY v.asset_id) AS share
    FROM covered AS v
    UNION ALL
    SELECT c.id, near.id, 1
    FROM chosen AS c
    LEFT JOIN LATERAL (
        SELECT p.id
        FROM street_part AS p
        WHERE c.kind <> 'person' AND ST_DWithin(p.geom, c.geom, CAST(:reach_m AS double precision))
        ORDER BY ST_Distance(p.geom, c.geom), p.id
        LIMIT 1
    ) AS near ON true
    WHERE NOT EXISTS (SELECT FROM covered AS v WHERE v.asset_id = c.id)
), kept AS (
    INSERT INTO energy_share AS e (asset_id, street_part_id, share, energy_at_epoch, last_on, counts_on)
    SELECT w.asset_id, w.street_part_id, w.share, w.share * c.energy, c.last_on, c.counts_on
    FROM wanted AS w
    JOIN chosen AS c ON c.id = w.asset_id
    ON CONFLICT (asset_id, street_part_id) DO UPDATE
    SET share = excluded.share, energy_at_epoch = excluded.energy_at_epoch, last_on = excluded.last_on,
        counts_on = excluded.counts_on
    WHERE (e.share, e.energy_at_epoch, e.last_on, e.counts_on)
          IS DISTINCT FROM (excluded.share, excluded.energy_at_epoch, excluded.last_on, excluded.counts_on)
)
DELETE FROM energy_share AS e
WHERE (CAST(:ids AS bigint[]) IS NULL OR e.asset_id = ANY (CAST(:ids AS bigint[])))
  AND NOT EXISTS (
      SELECT FROM wanted AS w
      WHERE w.asset_id = e.asset_id AND w.street_part_id IS NOT DISTINCT FROM e.street_part_id
  )
