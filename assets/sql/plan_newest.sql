-- plan_newest: how old the data is that a plan stands on.
--   :on date · :theme text · :area_ids bigint[] · switched: :states_withheld, :counts_withheld bigint[] (shared)
-- Rows: one: activity_on, the newest day up to :on on which something happened of an initiative of the theme in these
-- areas, active still or not; measured_on, the newest day on which litter was counted there; each NULL when never.
-- Relies on published_stretch_part, ix_activity_asset_id_held_on and ix_measurement_street_part_id_measured_on.
WITH
-- when shared:
-- include: shared_with_municipality
,
-- end
parts AS (
    SELECT id FROM published_street_part WHERE area_id = ANY (CAST(:area_ids AS bigint[]))
)
SELECT (SELECT max(t.held_on)
        FROM published_activity AS t
        WHERE t.kind = 'activity' AND t.held_on <= CAST(:on AS date)
          AND t.asset_id IN (SELECT l.asset_id FROM published_stretch_part AS l JOIN parts AS p ON p.id = l.street_part_id
                             WHERE l.themes @> ARRAY[CAST(:theme AS text)])) AS activity_on,
       (SELECT max(m.measured_on)
        FROM published_measurement AS m JOIN parts AS p ON p.id = m.street_part_id
        WHERE m.measured_on <= CAST(:on AS date)) AS measured_on
