-- whereabouts_near: the street at which a thing is: the nearest named one within reach. Of a person there is none.
--   :id         bigint    the asset
--   :reach_m    float     how far a street may lie
-- Rows: at most one: name.
-- Relies on published_asset, published_segment and its GiST index, published_street.
SELECT s.name
FROM published_asset AS a
JOIN published_segment AS g ON ST_DWithin(g.geom, a.geom, CAST(:reach_m AS float))
JOIN published_street AS s ON s.id = g.street_id
WHERE a.id = CAST(:id AS bigint) AND a.kind NOT IN ('person', 'street_initiative') AND ST_Dimension(a.geom) = 0
ORDER BY ST_Distance(g.geom, a.geom), s.name
LIMIT 1
