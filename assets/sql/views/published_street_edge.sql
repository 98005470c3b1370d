-- published_street_edge: lines people can walk, cut at their nodes; metres along the line, numbers of nodes.
CREATE VIEW published_street_edge AS
SELECT segment_id, start_m, end_m, from_node, to_node FROM street_edge
