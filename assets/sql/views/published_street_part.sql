-- published_street_part: the unit of analysis; length in metres, geom in the storage CRS.
-- A street that vanished from its source stays as long as an initiative cares for it.
CREATE VIEW published_street_part AS
SELECT p.id, p.street_id, p.area_id, p.name, p.length_m, p.addresses, p.road_class, p.geom, p.geom_3857
FROM street_part AS p
JOIN street AS s ON s.id = p.street_id
WHERE s.vanished_on IS NULL OR EXISTS (SELECT 1 FROM stretch AS x WHERE x.street_id = s.id)
