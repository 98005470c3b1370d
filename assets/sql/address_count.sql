-- address_count: how many addresses each street part has (glossary, Addresses).
--   :known_share double precision
-- Rows: none; writes street_part.addresses, only where it is different.
-- A part without any has 0 only where the addresses of its area are known, that is when at least the given share of
-- the area's parts have some; elsewhere the number is unknown (NULL). Relies on ix_address_street_part_id.
WITH counted AS (
    SELECT street_part_id, CAST(count(*) AS int) AS addresses
    FROM address
    WHERE street_part_id IS NOT NULL
    GROUP BY street_part_id
), known_area AS (
    SELECT p.area_id
    FROM street_part AS p
    LEFT JOIN counted AS c ON c.street_part_id = p.id
    WHERE p.area_id IS NOT NULL AND p.vanished_on IS NULL
    GROUP BY p.area_id
    HAVING count(c.addresses) >= CAST(:known_share AS double precision) * count(*)
), told AS (
    SELECT p.id, coalesce(c.addresses, CASE WHEN k.area_id IS NOT NULL THEN 0 END) AS addresses
    FROM street_part AS p
    LEFT JOIN counted AS c ON c.street_part_id = p.id
    LEFT JOIN known_area AS k ON k.area_id = p.area_id
)
UPDATE street_part AS p
SET addresses = t.addresses
FROM told AS t
WHERE t.id = p.id AND p.addresses IS DISTINCT FROM t.addresses
