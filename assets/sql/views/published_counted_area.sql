-- published_counted_area: areas whose things are counted, the days on which the numbers hold, and the point of their name
-- (EPSG:3857); not while something was
-- written there since.
CREATE VIEW published_counted_area AS
SELECT k.area_id, k.valid_on, k.x, k.y FROM counted_area AS k
WHERE NOT EXISTS (SELECT 1 FROM stale_count AS s WHERE s.area_id = k.area_id)
