-- energy_on: what one kept share is worth on a day. Included by other files, after FROM published_energy_share AS e.
--   :on date · :epoch date · :half_life integer
-- From the newest activity on it is the kept sum, halved as often as the days say; before it, it is made from the
-- activities that had happened by then. After a hundred half-lives nothing is left (and float8 would run out).
CASE WHEN CAST(:on AS date) - e.last_on > 100 * :half_life THEN 0
     WHEN CAST(:on AS date) >= e.last_on
     THEN e.energy_at_epoch * power(CAST(2 AS double precision),
                                    (CAST(:epoch AS date) - CAST(:on AS date)) / CAST(:half_life AS double precision))
     ELSE e.share * COALESCE((
         SELECT sum(sqrt(CAST(t.participants AS double precision))
                    * power(CAST(2 AS double precision), (t.held_on - CAST(:on AS date)) / CAST(:half_life AS double precision))
                    ORDER BY t.held_on, t.id)
         FROM published_activity AS t
         WHERE t.asset_id = e.asset_id AND t.held_on <= CAST(:on AS date)
           AND t.held_on >= CAST(:on AS date) - 100 * :half_life), 0)
END
