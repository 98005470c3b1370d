-- published_lookup: what people of the municipality, and who runs this map, looked at beyond the public map, for everybody.
-- Never who by name, nor which person or community: of persons it is told that somebody looked, and on which day. Those
-- rows are about nobody (asset_id IS NULL), so that erasing a person changes nothing here.
CREATE VIEW published_lookup AS
SELECT l.id, l.role, l.what, a.id AS area_id, a.code AS area_code, a.name AS area_name,
    CASE WHEN l.what = 'person' THEN date_trunc('day', l.at, 'Europe/Amsterdam') ELSE l.at END AS at
FROM lookup AS l
LEFT JOIN area AS a ON a.id = l.area_id
WHERE l.role IN ('analyst', 'admin') AND l.asset_id IS NULL
