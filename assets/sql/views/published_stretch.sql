-- published_stretch: what published street initiatives care for, as snapped; geom in the storage CRS, length in metres.
CREATE VIEW published_stretch AS
SELECT s.id, s.asset_id, s.street_id, s.position, s.whole_street, s.geom, s.length_m
FROM stretch AS s
JOIN asset AS a ON a.id = s.asset_id
WHERE a.state = 'published' AND a.kind = 'street_initiative'
