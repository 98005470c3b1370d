-- street_edge_changes: how many lines for walking came and went since the street graph was kept.
--   :motor text[] (road classes that nobody walks along)
-- Rows: one: came (segments without edges), gone (lines in gone_line, temporary), known (all segments for walking).
SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM street_edge AS e WHERE e.segment_id = g.id)) AS came,
       (SELECT count(*) FROM gone_line) AS gone,
       count(*) AS known
FROM segment AS g
WHERE g.road_class IS NULL OR g.road_class <> ALL (CAST(:motor AS text[]))
