-- street_edge_lines: the lines in affected_line (temporary), in the order of their ids.
-- Binds: none. Rows: id; geom as WKB in the storage CRS; ends_only: a bridge or a tunnel; context: only to name nodes.
SELECT g.id, ST_AsBinary(g.geom) AS geom, g.bridge OR g.tunnel AS ends_only, a.context
FROM affected_line AS a
JOIN segment AS g ON g.id = a.segment_id
ORDER BY g.id
