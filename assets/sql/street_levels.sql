-- street_levels: the newest day on which litter was counted in street parts, up to a date, and what was counted then.
--   always :on date · :months integer (how long a count is known) · :coarse_box_m2, :fine_box_m2 (the standard boxes)
--   switched: :ids bigint[] (only these parts); :area_ids bigint[] (in_area)
-- Rows: street_part_id, measured_on, boxes, pieces (of all boxes of that day), coarse and fine (pieces in a standard
-- box: of the box of that day that has most; NULL when none of that kind was counted); parts never counted are absent.
-- The product comes before the division: 7 pieces on 100 square metres are 7, and not a hair more.
-- Rule: domain, Measured level. Relies on published_measurement and ix_measurement_street_part_id_measured_on.
SELECT street_part_id, measured_on, count(*) AS boxes, sum(count) AS pieces,
       max(count * CAST(:coarse_box_m2 AS double precision) / box_m2) FILTER (WHERE kind = 'coarse') AS coarse,
       max(count * CAST(:fine_box_m2 AS double precision) / box_m2) FILTER (WHERE kind = 'fine') AS fine
FROM (
    SELECT m.street_part_id, m.measured_on, m.kind, m.box_m2, m.count,
           max(m.measured_on) OVER (PARTITION BY m.street_part_id) AS newest
    FROM published_measurement AS m
-- when in_area:
    JOIN published_street_part AS p ON p.id = m.street_part_id AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
    WHERE m.measured_on <= CAST(:on AS date)
      AND m.measured_on >= CAST(CAST(:on AS date) - make_interval(months => :months) AS date)
-- when ids:
      AND m.street_part_id = ANY (CAST(:ids AS bigint[]))
-- end
) AS counted
WHERE measured_on = newest
GROUP BY street_part_id, measured_on
ORDER BY street_part_id
