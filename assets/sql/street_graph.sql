-- street_graph: the street graph of all lines that touch a box, or one of several, each column as one string of bytes.
--   :srid int · :border_m, and one of two switches with its binds, boxes in the storage CRS:
--   one (:west :south :east :north double precision) · several (:wests :souths :easts :norths double precision[])
-- Rows: one; each column holds, one edge after another in the same order for all, 8 bytes most significant first:
--   segment_id, from_node, to_node, street_part_id (-1 for none) and whole (1 when the segment lies inside the
--   box and not within :border_m of its border) as int8; start_m, end_m along the segment and offset_m
--   of the segment along its street part as float8, metres. NULL when there is no edge.
-- As bytes because it is read straight into arrays: 190,000 edges in 0.3 s, against 1.2 s as rows.
-- Lines in the box are marked (whole is then not NULL) before their parts are looked up: the planner takes those for one
-- row, and would compare every line with every line when they were joined afterwards (70 s for a city).
-- The offset counts the lines of the part in the order of their ids, those outside the box too (divide_parts).
-- Relies on ix_segment_geom, pk_street_edge, uq_street_part_identity and ix_segment_street_id.
WITH near AS MATERIALIZED (
-- when one:
    SELECT g.id, g.street_id, g.area_id,
           g.geom @ ST_MakeEnvelope(:west + :border_m, :south + :border_m, :east - :border_m, :north - :border_m,
                                    CAST(:srid AS integer)) AS whole
    FROM published_segment AS g
    WHERE g.geom && ST_MakeEnvelope(:west, :south, :east, :north, CAST(:srid AS integer))
-- end
-- when several:
    SELECT g.id, g.street_id, g.area_id,
           bool_or(g.geom @ ST_MakeEnvelope(b.west + :border_m, b.south + :border_m, b.east - :border_m,
                                            b.north - :border_m, CAST(:srid AS integer))) AS whole
    FROM unnest(CAST(:wests AS double precision[]), CAST(:souths AS double precision[]),
                CAST(:easts AS double precision[]), CAST(:norths AS double precision[])) AS b (west, south, east, north)
    JOIN published_segment AS g ON g.geom && ST_MakeEnvelope(b.west, b.south, b.east, b.north, CAST(:srid AS integer))
    GROUP BY g.id, g.street_id, g.area_id
-- end
), touched AS (
    SELECT DISTINCT street_id FROM near WHERE street_id IS NOT NULL
), line AS (
    SELECT g.id, g.street_id, g.area_id, n.whole,
           COALESCE(sum(ST_Length(g.geom)) OVER (PARTITION BY g.street_id, g.area_id ORDER BY g.id
                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS offset_m
    FROM touched AS s
    JOIN published_segment AS g ON g.street_id = s.street_id
    LEFT JOIN near AS n ON n.id = g.id
), placed AS (
    -- a street that has vanished has no part on the map: nobody can walk along it any more
    SELECT l.id, p.id AS street_part_id, l.offset_m, l.whole
    FROM line AS l
    JOIN published_street_part AS p
      ON p.street_id = l.street_id AND COALESCE(p.area_id, -1) = COALESCE(l.area_id, -1)
    WHERE l.whole IS NOT NULL
    UNION ALL
    SELECT n.id, -1, 0, n.whole FROM near AS n WHERE n.street_id IS NULL
), edge AS (
    SELECT e.segment_id, e.from_node, e.to_node, e.start_m, e.end_m, p.street_part_id, p.offset_m,
           CAST(CAST(p.whole AS integer) AS bigint) AS whole
    FROM placed AS p
    JOIN published_street_edge AS e ON e.segment_id = p.id
)
SELECT string_agg(int8send(segment_id), '') AS segment_id,
       string_agg(int8send(from_node), '') AS from_node,
       string_agg(int8send(to_node), '') AS to_node,
       string_agg(int8send(street_part_id), '') AS street_part_id,
       string_agg(int8send(whole), '') AS whole,
       string_agg(float8send(start_m), '') AS start_m,
       string_agg(float8send(end_m), '') AS end_m,
       string_agg(float8send(offset_m), '') AS offset_m
FROM edge
