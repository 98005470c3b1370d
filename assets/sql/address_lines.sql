-- address_lines: the lines of the streets in address_street, with the metres along their part at which each begins.
-- Binds: none. Rows: into address_line (temporary). Storage CRS.
-- One line after another as they stand in the part (assets/links.py, cover): so places along a part are counted.
-- Relies on address_street (temporary) and uq_street_part_identity.
INSERT INTO address_line (street_id, street_part_id, start_m, part_m, geom)
SELECT p.street_id, p.id,
       sum(ST_Length(l.geom)) OVER (PARTITION BY p.id ORDER BY l.path) - ST_Length(l.geom), p.length_m, l.geom
FROM (SELECT DISTINCT street_id FROM address_street) AS n
JOIN street_part AS p ON p.street_id = n.street_id
CROSS JOIN LATERAL ST_Dump(p.geom) AS l
