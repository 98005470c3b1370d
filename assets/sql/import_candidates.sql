-- import_candidates: the pairs of a file's streets and known streets that can be one street.
-- Binds: none.
-- Rows: key, street_id, same_municipality, shared_m, distance_m (NULL when lines are shared). Those that share no line
-- are at most 1,000 m apart in the same municipality, 25 m when one of them has none.
-- Relies on ix_segment_street_id and the temporary tables street_pair and incoming_street.
SELECT p.key, p.street_id, p.same_municipality, p.shared_m, near.distance_m
FROM street_pair AS p
JOIN incoming_street AS i ON i.key = p.key
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.shared_m IS NULL THEN ST_Distance(
        i.geom, (SELECT ST_Collect(g.geom) FROM segment AS g WHERE g.street_id = p.street_id)
    ) END
) AS near (distance_m)
WHERE p.shared_m IS NOT NULL OR near.distance_m <= CASE WHEN p.same_municipality THEN 1000 ELSE 25 END
