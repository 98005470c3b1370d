-- lookup_months: how often the municipality looked, by month and kind, the newest month first.
--   :area_ids   bigint[]   (in_area) an area, those in it and those around it
--   :what       text       (what) one kind
-- Rows: month (date, its first day), what, times.
-- Relies on published_lookup.
SELECT CAST(date_trunc('month', l.at AT TIME ZONE 'Europe/Amsterdam') AS date) AS month, l.what, count(*) AS times
FROM published_lookup AS l
WHERE TRUE
-- when in_area:
    AND l.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
-- when what:
    AND l.what = :what
-- end
GROUP BY 1, 2
ORDER BY 1 DESC, 2
