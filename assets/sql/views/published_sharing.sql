-- published_sharing: what each community shares with the municipality and why: four rows for each, defaults included.
-- Who set it is told to the community only. Contact is never shared, whatever the table would say.
CREATE VIEW published_sharing AS
SELECT c.id AS community_id, w.what, COALESCE(s.shared, w.shared) AND w.what <> 'contact' AS shared,
       COALESCE(s.reason, '') AS reason, s.set_at
FROM community AS c
CROSS JOIN (VALUES ('street_states', true, 1), ('activity_counts', true, 2), ('conversations', false, 3),
                   ('contact', false, 4)) AS w (what, shared, place)
LEFT JOIN sharing AS s ON s.community_id = c.id AND s.what = w.what
