-- published_area: areas as imported; geom and label_point in the storage CRS.
CREATE VIEW published_area AS
SELECT id, code, kind, name, parent_id, district_id, municipality_id, population, households, addresses,
       geom, geom_3857, label_point, label_point_3857
FROM area
