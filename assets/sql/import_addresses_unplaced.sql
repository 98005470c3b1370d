-- import_addresses_unplaced: the rows of a file that stand on no street part, in the order of the file.
-- Binds: none. Rows: line, street, number (one of them), is_known (whether there is a street of this name at all).
-- Relies on address_point, address_place and address_street (temporary).
SELECT a.line, a.street, min(a.number) AS number,
       EXISTS (SELECT FROM address_street AS n WHERE n.name = a.street) AS is_known
FROM address_point AS a
LEFT JOIN address_place AS p ON p.id = a.id
WHERE p.id IS NULL
GROUP BY a.line, a.street
ORDER BY min(a.id)
