-- published_street: named streets that are there, or that still have an initiative.
CREATE VIEW published_street AS
SELECT s.id, s.name, s.municipality_code, s.municipality, s.piece
FROM street AS s
WHERE s.vanished_on IS NULL OR EXISTS (SELECT 1 FROM stretch AS x WHERE x.street_id = s.id)
