-- street_state: the state of street parts for a theme on a date. Included by other files, after a table expression
-- `chosen` (id, street_id, area_id, length_m); defines `covered`, `talked` and `stated` (chosen.*, covered_m, share,
-- state).
--   :theme text or NULL for any · :on date · :asked_months integer · :carried_share
-- Rule: domain, Carried. Ranges of overlapping stretches are united before they are measured.
-- Relies on ix_stretch_part_street_part_id and ix_conversation_street_id_held_on.
covered AS (
    SELECT l.street_part_id,
           CASE WHEN count(*) = 1 THEN min(l.covered_m)
                ELSE (SELECT sum(upper(r) - lower(r)) FROM unnest(range_agg(l.covered)) AS r) / 1000.0
           END AS covered_m
    FROM published_stretch_part AS l
    WHERE l.street_part_id IN (SELECT id FROM chosen)
      AND l.counts_on @> CAST(:on AS date)
      AND (CAST(:theme AS text) IS NULL OR l.themes @> ARRAY[CAST(:theme AS text)])
    GROUP BY l.street_part_id
), talked AS MATERIALIZED (
    SELECT t.street_id, t.area_id
    FROM published_conversation AS t
    WHERE t.street_id IN (SELECT street_id FROM chosen)
      AND t.held_on BETWEEN CAST(CAST(:on AS date) - make_interval(months => :asked_months) AS date)
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
