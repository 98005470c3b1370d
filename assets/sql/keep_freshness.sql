-- keep_freshness: set fresh_on and active_on of assets from what is known of them.
--   :ids      bigint[]  assets to look at, or NULL for all
--   :windows  text      JSON object kind -> months within which an entry is fresh
-- Rows: none returned; the row count is the number of assets whose dates changed.
-- Relies on ix_activity_asset_id_held_on.
-- A sign of life on day s makes an asset fresh on s .. s + window and active on s .. s + 2 windows, both days
-- included, within started_on .. the day before ended_on.
WITH chosen AS (
    SELECT a.id, a.started_on, a.ended_on, a.signs,
           make_interval(months => CAST(CAST(:windows AS jsonb) ->> a.kind AS integer)) AS fresh_for
    FROM asset AS a
    WHERE CAST(:ids AS bigint[]) IS NULL OR a.id = ANY (CAST(:ids AS bigint[]))
), sign AS (
    SELECT c.id, c.fresh_for, c.started_on, c.ended_on, s.day
    FROM chosen AS c
    CROSS JOIN LATERAL (
        SELECT c.started_on AS day
        UNION
        SELECT unnest(c.signs)
        UNION
        SELECT t.held_on FROM activity AS t WHERE t.asset_id = c.id
    ) AS s
), ranges AS (
    SELECT id,
           range_agg(daterange(day, CAST(day + fresh_for AS date), '[]')
                     * daterange(started_on, ended_on, '[)')) AS fresh_on,
           range_agg(daterange(day, CAST(day + 2 * fresh_for AS date), '[]')
                     * daterange(started_on, ended_on, '[)')) AS active_on
    FROM sign
    GROUP BY id
)
UPDATE asset AS a
SET fresh_on = r.fresh_on, active_on = r.active_on
FROM ranges AS r
WHERE r.id = a.id AND (a.fresh_on, a.active_on) IS DISTINCT FROM (r.fresh_on, r.active_on)
