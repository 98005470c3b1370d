-- address_people: persons who are shown by a street that turns out to have too few addresses to hide in, or, where these
-- are estimated, to be too short as well. From now on their neighbourhood is shown; where none is known, no place.
--   :least integer (addresses) · :least_m double precision (length of the street part)
-- Rows: id, placement of each of them, by id; writes asset. Rule: domain, People come first (as in general_street).
-- Relies on uq_street_part_identity and ix_address_street_part_id.
WITH small AS (
    SELECT a.id, r.label_point
    FROM asset AS a
    JOIN street_part AS p ON p.street_id = a.street_id AND p.area_id IS NOT DISTINCT FROM a.area_id
    LEFT JOIN area AS r ON r.id = a.area_id
    WHERE a.kind = 'person' AND a.placement = 'street'
      AND (p.addresses < :least
           OR (p.length_m <= :least_m AND EXISTS (SELECT FROM address AS e WHERE e.street_part_id = p.id AND e.estimated)))
), hidden AS (
    UPDATE asset AS a
    SET placement = CASE WHEN s.label_point IS NULL THEN 'none' ELSE 'neighbourhood' END, street_id = NULL,
        geom = s.label_point, version = a.version + 1, changed_at = now()
    FROM small AS s
    WHERE s.id = a.id
    RETURNING a.id, a.placement
)
SELECT id, placement FROM hidden ORDER BY id
