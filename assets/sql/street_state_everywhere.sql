-- street_state_everywhere: what street_state says, for all street parts at once: links and conversations are gone
-- through once instead of looked up for each part, which for a whole country takes a fifth of the time.
--   the binds of street_state; `chosen` must hold every part
-- Rule: domain, Carried.
covered AS (
    SELECT l.street_part_id,
           CASE WHEN count(*) = 1 THEN min(l.covered_m)
                ELSE (SELECT sum(upper(r) - lower(r)) FROM unnest(range_agg(l.covered)) AS r) / 1000.0
           END AS covered_m
    FROM published_stretch_part AS l
    WHERE l.counts_on @> CAST(:on AS date)
      AND (CAST(:theme AS text) IS NULL OR l.themes @> ARRAY[CAST(:theme AS text)])
    GROUP BY l.street_part_id
), talked AS MATERIALIZED (
    SELECT t.street_id, t.area_id
    FROM published_conversation AS t
    WHERE t.held_on BETWEEN CAST(CAST(:on AS date) - make_interval(months => :asked_months) AS date)
                        AND CAST(:on AS date)
), stated AS (
    SELECT c.*, COALESCE(v.covered_m, 0) AS covered_m,
           LEAST(COALESCE(v.covered_m, 0) / c.length_m, 1) AS share,
           CASE WHEN v.covered_m >= :carried_share * c.length_m THEN 'carried'
                WHEN v.covered_m > 0 THEN 'partly'
                WHEN c.street_id IN (SELECT t.street_id FROM talked AS t WHERE t.area_id IS NULL)
                  OR (c.street_id, c.area_id) IN (
                      SELECT t.street_id, t.area_id FROM talked AS t WHERE t.area_id IS NOT NULL) THEN 'asked'
                ELSE 'unasked'
           END AS state
    FROM chosen AS c
    LEFT JOIN covered AS v ON v.street_part_id = c.id
)
