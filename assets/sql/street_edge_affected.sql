-- street_edge_affected: which lines are to be cut again after some came and others went.
--   :motor text[] (road classes that nobody walks along) · :reach_m double precision
-- Rows: into affected_line (temporary); context says that a line is needed to name the nodes of others, and stays.
-- A line can change when one that came or went lies near, or when it has a node in common with such a line: the node
-- may get another name. Whatever is part of those nodes as well is context: with it every node is whole.
-- Relies on gone_line (temporary), ix_segment_geom, ix_street_edge_from_node and ix_street_edge_to_node.
WITH changed AS MATERIALIZED (
    SELECT g.geom
    FROM segment AS g
    WHERE (g.road_class IS NULL OR g.road_class <> ALL (CAST(:motor AS text[])))
      AND NOT EXISTS (SELECT FROM street_edge AS e WHERE e.segment_id = g.id)
    UNION ALL
    SELECT geom FROM gone_line
), near AS MATERIALIZED (
    SELECT DISTINCT g.id
    FROM changed AS c
    JOIN segment AS g ON ST_DWithin(g.geom, c.geom, :reach_m)
    WHERE g.road_class IS NULL OR g.road_class <> ALL (CAST(:motor AS text[]))
), near_node AS (
    SELECT e.from_node AS node FROM near JOIN street_edge AS e ON e.segment_id = near.id
    UNION
    SELECT e.to_node FROM near JOIN street_edge AS e ON e.segment_id = near.id
), affected AS MATERIALIZED (
    SELECT id FROM near
    UNION
    SELECT e.segment_id FROM near_node AS n JOIN street_edge AS e ON e.from_node = n.node
    UNION
    SELECT e.segment_id FROM near_node AS n JOIN street_edge AS e ON e.to_node = n.node
), node AS (
    SELECT e.from_node AS node FROM affected AS a JOIN street_edge AS e ON e.segment_id = a.id
    UNION
    SELECT e.to_node FROM affected AS a JOIN street_edge AS e ON e.segment_id = a.id
), whole AS (
    SELECT id FROM affected
    UNION
    SELECT e.segment_id FROM node AS n JOIN street_edge AS e ON e.from_node = n.node
    UNION
    SELECT e.segment_id FROM node AS n JOIN street_edge AS e ON e.to_node = n.node
)
INSERT INTO affected_line (segment_id, context)
SELECT w.id, NOT EXISTS (SELECT FROM affected AS a WHERE a.id = w.id)
FROM whole AS w
