-- plan_streets: what residents did for street parts in the weeks up to a date, in hours of all who took part together.
--   always :on date · :days integer (how far back) · :theme text · :hours (that an activity lasts when nobody wrote it)
--   switched: :area_ids bigint[] (in_area); :states_withheld, :counts_withheld bigint[] (shared)
-- Rows: street_part_id, care_hours, activities; parts without any are absent. An activity's hours go to the street parts
-- of its initiative by the metres covered. Confirmations are no work. Only of initiatives that count on the day.
-- Rule: domain, Plan from the average. Relies on published_energy_share (share by metres covered) and
-- ix_activity_asset_id_held_on.
-- when shared:
WITH
-- include: shared_with_municipality
-- end
SELECT e.street_part_id,
       sum(e.share * t.participants * COALESCE(t.hours, CAST(:hours AS double precision)) ORDER BY t.held_on, t.id)
           AS care_hours,
       count(*) AS activities
FROM published_energy_share AS e
JOIN published_asset AS a ON a.id = e.asset_id
JOIN published_activity AS t ON t.asset_id = e.asset_id
-- when in_area:
JOIN published_street_part AS p ON p.id = e.street_part_id AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
WHERE e.street_part_id IS NOT NULL
  AND e.counts_on @> CAST(:on AS date)
  AND a.kind = 'street_initiative' AND a.themes @> ARRAY[CAST(:theme AS text)]
  AND t.kind = 'activity'
  AND t.held_on > CAST(:on AS date) - CAST(:days AS integer) AND t.held_on <= CAST(:on AS date)
GROUP BY e.street_part_id
