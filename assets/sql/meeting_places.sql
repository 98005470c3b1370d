-- meeting_places: the meeting places that are active on a day, in an area or so near that they may be walked to from it.
--   :area text (code) · :on date · :kind text · :reach_m double precision
-- Rows: id, geom (WKB, storage CRS), by id. Relies on uq_area_code and ix_asset_geom.
SELECT s.id, ST_AsBinary(s.geom) AS geom
FROM published_area AS a
JOIN published_asset AS s ON ST_DWithin(s.geom, a.geom, CAST(:reach_m AS double precision))
WHERE a.code = CAST(:area AS text)
  AND s.kind = CAST(:kind AS text)
  AND s.active_on @> CAST(:on AS date)
ORDER BY s.id
