-- recurring_assets: public assets with a recurrence, for calendars, in the order of their numbers.
-- a = published_asset, n = its smallest area, s = its street.
--   switched: period (:first, :last dates: active on some day of these, both included), in_area (:area_ids bigint[]: an
--   area and all inside it), one (:id bigint)
-- Rows: id, kind, title, description, rhythm, language, recurrence, recurrence_start (local time), recurrence_minutes, ended_on,
-- active_on, version, created_at, changed_at, streets (names, of an initiative those it cares for), area_name (both NULL without a
-- place).
-- Relies on ix_asset_recurring.
SELECT a.id, a.kind, a.title, a.description, a.rhythm, a.language, a.recurrence, a.recurrence_start, a.recurrence_minutes,
       a.ended_on, a.active_on, a.version, a.created_at, a.changed_at,
       CASE WHEN a.kind = 'street_initiative'
            THEN (SELECT string_agg(x.name, ', ' ORDER BY x.place)
                  FROM (SELECT y.name, min(t.position) AS place FROM published_stretch AS t
                        JOIN published_street AS y ON y.id = t.street_id WHERE t.asset_id = a.id GROUP BY y.name) AS x)
            WHEN a.placement <> 'none' THEN s.name END AS streets,
       CASE WHEN a.placement <> 'none' THEN n.name END AS area_name
FROM published_asset AS a
LEFT JOIN published_area AS n ON n.id = a.area_id
LEFT JOIN published_street AS s ON s.id = a.street_id
WHERE a.recurrence IS NOT NULL
-- when period:
  AND a.active_on && daterange(CAST(:first AS date), CAST(:last AS date), '[]')
-- when in_area:
  AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when one:
  AND a.id = :id
-- end
ORDER BY a.id
