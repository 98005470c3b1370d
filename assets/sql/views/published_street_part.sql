-- published_street_part: the unit of analysis; length in metres, geom in the storage CRS.
-- Of a street that vanished from its source, the parts that an initiative still cares for stay.
CREATE VIEW published_street_part AS
SELECT p.id, p.street_id, p.area_id, p.name, p.length_m, p.addresses, p.road_class, p.geom, p.geom_3857
FROM street_part AS p
WHERE p.vanished_on IS NULL OR EXISTS (SELECT 1 FROM stretch_part AS l WHERE l.street_part_id = p.id)
