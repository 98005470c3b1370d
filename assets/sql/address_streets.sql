-- address_streets: the streets that the street names of addresses may mean.
-- Binds: none. Rows: into address_street (temporary): name, street_id, and how well it fits: 0 the same name, 1 the same
-- but for capitals and accents; 2 more for a street that has vanished.
-- Relies on address_point (temporary) and ix_street_name_folded.
INSERT INTO address_street (name, street_id, fit)
SELECT n.name, s.id, CAST(s.name <> n.name AS int) + 2 * CAST(s.vanished_on IS NOT NULL AS int)
FROM (SELECT street AS name, folded(street) AS folded FROM address_point GROUP BY street) AS n
JOIN street AS s ON folded(s.name) = n.folded
