-- divide_store: give the segments in divide_line the area found for them; those in no area lose theirs.
-- Binds: none. Rows: street_id of each segment that changed (NULL for ways without a name).
UPDATE segment AS g
SET area_id = d.area_id
FROM divide_line AS l
LEFT JOIN divided AS d ON d.id = l.id
WHERE g.id = l.id AND g.area_id IS DISTINCT FROM d.area_id
RETURNING g.street_id
