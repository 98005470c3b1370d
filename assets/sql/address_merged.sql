-- address_merged: addresses that would stand twice on a street now, because two streets became one; one of each stays.
-- Binds: none. Rows: none; deletes from address: known ones stay before estimated ones, then those of the street itself.
-- Relies on address_point and address_place (temporary) and uq_address_street_id.
WITH wanted AS (
    SELECT a.id, p.street_id, a.number,
           row_number() OVER (PARTITION BY p.street_id, a.number ORDER BY a.estimated, a.street_id <> p.street_id, a.id) AS rank
    FROM address_place AS p
    JOIN address AS a ON a.id = p.id
)
DELETE FROM address AS a
USING wanted AS w
WHERE a.id = w.id
  AND (w.rank > 1
       OR EXISTS (SELECT FROM address AS other
                  WHERE other.street_id = w.street_id AND other.number = w.number AND other.id <> a.id
                    AND NOT EXISTS (SELECT FROM wanted AS moving WHERE moving.id = other.id)))
