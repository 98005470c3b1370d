-- street_edge_drop: delete the edges of the lines that were cut again.
-- Binds: none. Rows: none. Relies on affected_line (temporary) and pk_street_edge.
DELETE FROM street_edge AS e
USING affected_line AS a
WHERE e.segment_id = a.segment_id AND NOT a.context
