-- poster_streets: the street parts that meet the window of a poster, for drawing; and with :ways the nameless ways too.
--   :window   geometry   hex EWKB in the storage CRS
--   :ways     boolean    also lines without a name, for walking
-- Rows: name (NULL of a way), road_class, shape (WKB in the storage CRS).
-- Relies on published_street_part, published_segment and their GiST indexes.
SELECT p.name, p.road_class, ST_AsBinary(ST_LineMerge(p.geom)) AS shape
FROM published_street_part AS p
WHERE p.geom && CAST(:window AS geometry)
UNION ALL
SELECT NULL, s.road_class, ST_AsBinary(s.geom)
FROM published_segment AS s
WHERE CAST(:ways AS boolean) AND s.street_id IS NULL AND s.geom && CAST(:window AS geometry)
