-- street_choice_edges: the lines of one street, cut where they meet others.
--   :street_id bigint
-- Rows: from_node, to_node (numbers of nodes; NULL for lines that nobody walks along, which are not cut), line (WKB,
-- storage CRS, from the one node to the other); in the order of lines and along each.
-- Relies on ix_segment_street_id and pk_street_edge.
SELECT e.from_node, e.to_node,
       ST_AsBinary(CASE WHEN e.segment_id IS NULL THEN g.geom
                        ELSE ST_LineSubstring(g.geom, least(1, e.start_m / g.length_m), least(1, e.end_m / g.length_m))
                   END) AS line
FROM (SELECT id, geom, ST_Length(geom) AS length_m FROM published_segment WHERE street_id = CAST(:street_id AS bigint)) AS g
LEFT JOIN published_street_edge AS e ON e.segment_id = g.id
WHERE EXISTS (SELECT FROM published_street WHERE id = CAST(:street_id AS bigint))
ORDER BY g.id, e.start_m
