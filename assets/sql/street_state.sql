-- street_state: the state of street parts for a theme on a date, one part at a time: of a page, of an area, of a tile.
-- Included by other files, after a table expression `chosen` (id, street_id, area_id, length_m); defines `stated`
-- (chosen.*, covered_m, share, state). Where `chosen` is in order, only the parts up to the page's limit are looked at.
--   :theme text or NULL for any · :on date · :asked_months integer · :carried_share
-- Rule: domain, Carried. Ranges of overlapping stretches are united before they are measured.
-- Relies on ix_stretch_part_street_part_id and ix_conversation_street_id_held_on.
stated AS (
    SELECT c.*, COALESCE(v.covered_m, 0) AS covered_m,
           LEAST(COALESCE(v.covered_m, 0) / c.length_m, 1) AS share,
           CASE WHEN v.covered_m >= :carried_share * c.length_m THEN 'carried'
                WHEN v.covered_m > 0 THEN 'partly'
                WHEN w.asked THEN 'asked'
                ELSE 'unasked'
           END AS state
    FROM chosen AS c
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) <= 1 THEN min(l.covered_m)
                    ELSE (SELECT sum(upper(r) - lower(r)) FROM unnest(range_agg(l.covered)) AS r) / 1000.0
               END AS covered_m
        FROM published_stretch_part AS l
        WHERE l.street_part_id = c.id
          AND l.counts_on @> CAST(:on AS date)
          AND (CAST(:theme AS text) IS NULL OR l.themes @> ARRAY[CAST(:theme AS text)])
    ) AS v
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT 1 FROM published_conversation AS t
            WHERE t.street_id = c.street_id AND (t.area_id IS NULL OR t.area_id = c.area_id)
              AND t.held_on BETWEEN CAST(CAST(:on AS date) - make_interval(months => :asked_months) AS date)
                                AND CAST(:on AS date)) AS asked
        OFFSET 0  -- looked up once, not again for each place where the state stands
    ) AS w
)
