-- address_places: on which street part each address stands, and how many millimetres along it.
--   :reach_m double precision
-- Rows: into address_place (temporary); an address without a street of its name within reach gets none.
-- The best fitting name wins, then the nearest line. A place is never the very end of a part, because what is covered
-- of a part is counted in ranges that are open at their end.
-- Relies on address_point, address_street (index on name) and address_line (index on street_id), all temporary.
INSERT INTO address_place (id, street_id, street_part_id, along_mm)
SELECT a.id, l.street_id, l.street_part_id,
       greatest(0, least(
           round(1000 * (l.start_m + ST_LineLocatePoint(l.geom, a.geom) * ST_Length(l.geom))),
           round(1000 * l.part_m) - 1))
FROM address_point AS a
CROSS JOIN LATERAL (
    SELECT l.street_id, l.street_part_id, l.start_m, l.part_m, l.geom
    FROM address_street AS n
    JOIN address_line AS l ON l.street_id = n.street_id
    WHERE n.name = a.street AND ST_DWithin(l.geom, a.geom, CAST(:reach_m AS double precision))
    ORDER BY n.fit, ST_Distance(l.geom, a.geom), l.street_part_id, l.start_m
    LIMIT 1
) AS l
