-- poster_areas: the areas of one level that meet the window of a poster, by name.
--   :window   geometry   hex EWKB in the storage CRS
--   :kind     text       AreaKind
-- Rows: code, name, shape (WKB in the storage CRS). Relies on published_area and its GiST index.
SELECT a.code, a.name, ST_AsBinary(a.geom) AS shape
FROM published_area AS a
WHERE a.kind = :kind AND a.geom && CAST(:window AS geometry)
ORDER BY a.name COLLATE "und-x-icu", a.code
