-- browse_areas: areas to choose from, by name.
--   :most    integer  up to so many areas, all of them are given
--   :chosen  text     code of the area that is chosen now, or NULL
-- Rows: code, name, kind, within (name of the area around it). Relies on published_area, its code and parent_id.
WITH size AS (
    SELECT count(*) AS areas, count(*) FILTER (WHERE kind = 'municipality') AS municipalities,
        count(*) FILTER (WHERE kind = 'district') AS districts
    FROM published_area
), chosen AS (
    SELECT id, parent_id, district_id, municipality_id FROM published_area WHERE code = CAST(:chosen AS text)
)
SELECT a.code, a.name, a.kind, parent.name AS within
FROM published_area AS a
CROSS JOIN size
LEFT JOIN chosen ON true
LEFT JOIN published_area AS parent ON parent.id = a.parent_id
WHERE size.areas <= CAST(:most AS integer)
   OR (a.kind = 'municipality' AND size.municipalities BETWEEN 2 AND 400)
   OR (a.kind = 'district' AND size.municipalities < 2 AND size.districts > 0)
   OR a.id IN (chosen.id, chosen.parent_id, chosen.district_id, chosen.municipality_id)
   OR a.parent_id = chosen.id
   OR a.parent_id = chosen.parent_id
ORDER BY a.name, a.code
LIMIT 600
