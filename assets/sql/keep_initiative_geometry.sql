-- keep_initiative_geometry: the geometry of street initiatives is all their stretches together.
--   :ids  bigint[]  assets
-- Rows: none. The area is the one in which most covered metres lie (tie: lower code).
-- Relies on ix_stretch_asset_id and ix_stretch_part_asset_id.
WITH lines AS (
    SELECT s.asset_id, ST_Multi(ST_Collect(piece.geom ORDER BY s.position, s.id, piece.path)) AS geom
    FROM stretch AS s
    CROSS JOIN LATERAL ST_Dump(s.geom) AS piece
    WHERE s.asset_id = ANY (CAST(:ids AS bigint[]))
    GROUP BY s.asset_id
), most AS (
    SELECT DISTINCT ON (l.asset_id) l.asset_id, p.area_id
    FROM stretch_part AS l
    JOIN street_part AS p ON p.id = l.street_part_id
    LEFT JOIN area AS a ON a.id = p.area_id
    WHERE l.asset_id = ANY (CAST(:ids AS bigint[]))
    GROUP BY l.asset_id, p.area_id, a.code
    ORDER BY l.asset_id, sum(l.covered_m) DESC, a.code
)
UPDATE asset AS a
SET geom = lines.geom, area_id = most.area_id
FROM lines
LEFT JOIN most ON most.asset_id = lines.asset_id
WHERE a.id = lines.asset_id
  AND (a.area_id IS DISTINCT FROM most.area_id OR a.geom IS NULL
       OR ST_AsBinary(a.geom) IS DISTINCT FROM ST_AsBinary(lines.geom))
