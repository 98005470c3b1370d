-- import_segments_new: store the lines of a file that are not stored yet, each with its street and its area.
--   :source text
-- Rows: street_id of each (NULL for ways without a name).
-- Relies on the temporary tables incoming, incoming_line, stored_line and divided, all analysed.
INSERT INTO segment (street_id, area_id, road_class, bridge, tunnel, geom, fingerprint, source)
SELECT nullif(l.street_id, 0), d.area_id, i.road_class, i.bridge, i.tunnel, i.geom, i.fingerprint, CAST(:source AS text)
FROM incoming_line AS l
JOIN incoming AS i ON i.id = l.id
LEFT JOIN divided AS d ON d.id = l.id
WHERE NOT EXISTS (SELECT FROM stored_line AS k WHERE k.street_id = l.street_id AND k.fingerprint = l.fingerprint)
ORDER BY i.id
RETURNING street_id
