-- street_choice_crossings: where other named streets meet one street.
--   :street_id bigint
-- Rows: node (its number, as in street_choice_edges), name (of the other street); in the order of both.
-- Relies on ix_segment_street_id, pk_street_edge, ix_street_edge_from_node and ix_street_edge_to_node.
WITH own AS MATERIALIZED (
    SELECT e.from_node, e.to_node
    FROM published_segment AS g
    JOIN published_street_edge AS e ON e.segment_id = g.id
    WHERE g.street_id = CAST(:street_id AS bigint)
), node AS MATERIALIZED (
    SELECT from_node AS node FROM own UNION SELECT to_node FROM own
), meets AS (
    SELECT n.node, e.segment_id FROM node AS n JOIN published_street_edge AS e ON e.from_node = n.node
    UNION
    SELECT n.node, e.segment_id FROM node AS n JOIN published_street_edge AS e ON e.to_node = n.node
)
SELECT DISTINCT m.node, s.name
FROM meets AS m
JOIN published_segment AS g ON g.id = m.segment_id
JOIN published_street AS s ON s.id = g.street_id
WHERE g.street_id <> CAST(:street_id AS bigint)
ORDER BY m.node, s.name
