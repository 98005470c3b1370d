-- published_segment: every line that was imported, named or not; geom in the storage CRS.
CREATE VIEW published_segment AS
SELECT id, street_id, area_id, road_class, bridge, tunnel, geom, geom_3857 FROM segment
