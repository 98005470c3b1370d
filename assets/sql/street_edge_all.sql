-- street_edge_all: every line for walking is to be cut again.
--   :motor text[] (road classes that nobody walks along)
-- Rows: into affected_line (temporary).
INSERT INTO affected_line (segment_id, context)
SELECT g.id, false
FROM segment AS g
WHERE g.road_class IS NULL OR g.road_class <> ALL (CAST(:motor AS text[]))
