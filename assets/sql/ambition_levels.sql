-- ambition_levels: the level that areas want to have on a day: their own, else that of the nearest area above them.
--   :area_ids bigint[] · :on date
-- Rows: area_id, level, since, code and name of the area that set it; areas for which none counts are absent.
-- Relies on published_area, published_ambition and uq_ambition_area_id_since.
SELECT a.id AS area_id, f.level, f.since, f.code, f.name
FROM published_area AS a
CROSS JOIN LATERAL (
    SELECT m.level, m.since, s.code, s.name
    FROM published_ambition AS m
    JOIN published_area AS s ON s.id = m.area_id
    WHERE m.area_id IN (a.id, a.district_id, a.municipality_id) AND m.since <= CAST(:on AS date)
    ORDER BY array_position(ARRAY['neighbourhood', 'district', 'municipality'], s.kind), m.since DESC
    LIMIT 1
) AS f
WHERE a.id = ANY (CAST(:area_ids AS bigint[]))
