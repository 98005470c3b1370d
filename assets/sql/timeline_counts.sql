-- timeline_counts: how many entries of an area are active, ageing, new and gone on each of some days.
--   :days date[] (ascending) · :before date (the day that the first of them is compared with) · :area_ids bigint[] (the
--   area and all inside it) · switch theme (:theme text: only entries about it)
-- Rows: number (of the day, from 1), kind, active, ageing (of the active ones, those that are not fresh), appeared (active,
-- and not on the day before in the list), ended and faded (the other way round: ended by their end, faded without). Days
-- on which a kind has nothing are left out. The caller tells persons by assets/people_told.py.
-- Relies on ix_asset_area_id. Rule: domain, Timeline.
WITH moment AS (
    SELECT d.day, d.number, lag(d.day, 1, CAST(:before AS date)) OVER (ORDER BY d.number) AS before
    FROM unnest(CAST(:days AS date[])) WITH ORDINALITY AS d (day, number)
), entry AS MATERIALIZED (
    SELECT a.kind, a.active_on, a.fresh_on, a.ended_on
    FROM published_asset AS a
    WHERE a.area_id = ANY (CAST(:area_ids AS bigint[]))
      AND NOT isempty(a.active_on)
-- when theme:
      AND a.themes @> ARRAY[CAST(:theme AS text)]
-- end
)
SELECT m.number, e.kind,
       count(*) FILTER (WHERE s.is_active) AS active,
       count(*) FILTER (WHERE s.is_active AND NOT e.fresh_on @> m.day) AS ageing,
       count(*) FILTER (WHERE s.is_active AND NOT s.was_active) AS appeared,
       count(*) FILTER (WHERE s.was_active AND NOT s.is_active AND e.ended_on <= m.day) AS ended,
       count(*) FILTER (WHERE s.was_active AND NOT s.is_active AND (e.ended_on <= m.day) IS NOT TRUE) AS faded
FROM moment AS m
CROSS JOIN entry AS e
CROSS JOIN LATERAL (SELECT e.active_on @> m.day AS is_active, e.active_on @> m.before AS was_active) AS s
WHERE s.is_active OR s.was_active
GROUP BY m.number, e.kind
ORDER BY m.number, e.kind
