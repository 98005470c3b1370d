-- street_graph_places: where shapes touch the lines of the street graph, or come nearest to them.
--   :shapes bytea[] (WKB in the storage CRS) · :srid int · :within_m double precision
-- Rows: shape (index from 0), segment_id, along_m (metres along the segment), away_m (metres from the shape), by shape.
-- A polygon has both ends of what lies inside it of each line; any shape that touches no line so has its nearest place.
-- Lines of a street that has vanished are left out. Relies on ix_segment_geom, by distance, pk_street_edge and
-- uq_street_part_identity.
WITH given AS MATERIALIZED (
    SELECT CAST(s.number AS integer) - 1 AS shape, ST_SetSRID(ST_GeomFromWKB(s.wkb), CAST(:srid AS integer)) AS geom
    FROM unnest(CAST(:shapes AS bytea[])) WITH ORDINALITY AS s (wkb, number)
), inside AS (
    SELECT s.shape, g.id AS segment_id, g.geom, ST_Length(g.geom) AS length_m,
           (ST_Dump(ST_Intersection(g.geom, s.geom))).geom AS piece
    FROM given AS s
    JOIN published_segment AS g ON ST_Intersects(g.geom, s.geom)
    WHERE ST_Dimension(s.geom) = 2
      AND EXISTS (SELECT FROM published_street_edge AS e WHERE e.segment_id = g.id)
      AND (g.street_id IS NULL OR EXISTS (
          SELECT FROM published_street_part AS p WHERE p.street_id = g.street_id AND p.area_id IS NOT DISTINCT FROM g.area_id))
), crossing AS (
    SELECT i.shape, i.segment_id, ST_LineLocatePoint(i.geom, p.point) * i.length_m AS along_m
    FROM inside AS i
    CROSS JOIN LATERAL (VALUES (ST_StartPoint(i.piece)), (ST_EndPoint(i.piece))) AS p (point)
    WHERE ST_Dimension(i.piece) = 1
)
SELECT shape, segment_id, along_m, CAST(0 AS double precision) AS away_m FROM crossing
UNION ALL
SELECT s.shape, n.id, ST_LineLocatePoint(n.geom, ST_ClosestPoint(n.geom, s.geom)) * ST_Length(n.geom),
       ST_Distance(n.geom, s.geom)
FROM given AS s
CROSS JOIN LATERAL (
    SELECT g.id, g.geom
    FROM published_segment AS g
    WHERE ST_DWithin(g.geom, s.geom, :within_m)
      AND EXISTS (SELECT FROM published_street_edge AS e WHERE e.segment_id = g.id)
      AND (g.street_id IS NULL OR EXISTS (
          SELECT FROM published_street_part AS p WHERE p.street_id = g.street_id AND p.area_id IS NOT DISTINCT FROM g.area_id))
    ORDER BY g.geom <-> s.geom, g.id
    LIMIT 1
) AS n
WHERE NOT EXISTS (SELECT FROM crossing AS c WHERE c.shape = s.shape)
ORDER BY 1, 2, 3
