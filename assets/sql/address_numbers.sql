-- address_numbers: the addresses of a street whose house number lies between two numbers, both included.
--   :street_id bigint · :first integer · :last integer
-- Rows: number, house (its digits as integer), point (WKB, storage CRS), estimated; by house number.
-- For who places something by its house number: never shown in a list. Relies on uq_address_street_id.
SELECT a.number, n.house, ST_AsBinary(a.geom) AS point, a.estimated
FROM address AS a
CROSS JOIN LATERAL (SELECT CAST(substring(a.number FROM '^[0-9]{1,6}') AS integer) AS house) AS n
WHERE a.street_id = CAST(:street_id AS bigint) AND n.house BETWEEN CAST(:first AS integer) AND CAST(:last AS integer)
ORDER BY n.house, length(a.number), a.number
