-- keep_asset_counts: how many things each of these areas holds by kind, for each facet that any of them has; and the days on
-- which that is so if nothing is written: until the next day on which one of them begins, ages, fades or ends.
--   :ids bigint[] areas · :on date
-- Rows: none. Relies on ix_asset_area_id. Persons are not counted.
WITH thing AS MATERIALIZED (
    SELECT a.area_id, a.kind, a.themes, a.gifts, a.open_to_newcomers, a.active_on, a.fresh_on
    FROM published_asset AS a
    WHERE a.area_id = ANY (CAST(:ids AS bigint[])) AND a.kind <> 'person'
), counted AS (
    INSERT INTO asset_count (area_id, facet, club, meeting_place, street_initiative, institution, exchange, story)
    SELECT t.area_id, f.facet, count(*) FILTER (WHERE t.kind = 'club'), count(*) FILTER (WHERE t.kind = 'meeting_place'),
           count(*) FILTER (WHERE t.kind = 'street_initiative'), count(*) FILTER (WHERE t.kind = 'institution'),
           count(*) FILTER (WHERE t.kind = 'exchange'), count(*) FILTER (WHERE t.kind = 'story')
    FROM thing AS t
    CROSS JOIN LATERAL (
        SELECT DISTINCT unnest(ARRAY['', CASE WHEN t.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END]
                      || CASE WHEN t.open_to_newcomers THEN ARRAY['open'] ELSE '{}' END
                      || t.themes
                      || ARRAY(SELECT g.gift ->> 'of' FROM jsonb_array_elements(t.gifts) AS g (gift)
                               WHERE g.gift ->> 'of' IN ('head', 'heart', 'hands')))
    ) AS f (facet)
    WHERE t.active_on @> CAST(:on AS date)
    GROUP BY t.area_id, f.facet
), turning AS (
    SELECT t.area_id, d.day
    FROM thing AS t
    CROSS JOIN LATERAL (
        SELECT unnest(ARRAY[lower(r), upper(r)]) AS day FROM unnest(t.active_on) AS r
        UNION ALL
        SELECT unnest(ARRAY[lower(r), upper(r)]) FROM unnest(t.fresh_on) AS r
    ) AS d
    WHERE d.day IS NOT NULL
), days AS (
    SELECT area_id, max(day) FILTER (WHERE day <= CAST(:on AS date)) AS since,
           min(day) FILTER (WHERE day > CAST(:on AS date)) AS until
    FROM turning GROUP BY area_id
)
INSERT INTO counted_area (area_id, valid_on, x, y)
SELECT i.id, daterange(d.since, d.until), ST_X(a.label_point_3857), ST_Y(a.label_point_3857)
FROM unnest(CAST(:ids AS bigint[])) AS i (id)
JOIN area AS a ON a.id = i.id
LEFT JOIN days AS d ON d.area_id = i.id
