-- poster_areas: the other areas of its level that meet the window of a poster, and those right below it, by name.
--   :id       bigint     the area whose poster it is
--   :window   geometry   hex EWKB in the storage CRS
--   :kind     text       AreaKind
-- Rows: code, name, kind, shape (WKB in the storage CRS). Relies on published_area and its GiST index.
SELECT a.code, a.name, a.kind, ST_AsBinary(a.geom) AS shape
FROM published_area AS a
WHERE (a.kind = :kind OR a.parent_id = CAST(:id AS bigint)) AND a.id <> CAST(:id AS bigint)
  AND a.geom && CAST(:window AS geometry)
ORDER BY a.name COLLATE "und-x-icu", a.code
