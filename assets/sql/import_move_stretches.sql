-- import_move_stretches: a drawn stretch follows its lines when these became another street of the same name.
--   :ids bigint[]  streets whose lines changed
-- Rows: id of each street that received a stretch.
-- A street of one name splits when its middle disappears; a stretch on the split-off piece belongs there.
-- Relies on ix_stretch_street_id, ix_street_name and ix_segment_street_id.
WITH astray AS (
    SELECT x.id, other.id AS street_id
    FROM stretch AS x
    JOIN street AS s ON s.id = x.street_id
    CROSS JOIN LATERAL (
        SELECT o.id
        FROM street AS o
        JOIN segment AS g ON g.street_id = o.id
        WHERE o.name = s.name AND o.id <> s.id AND o.vanished_on IS NULL AND ST_DWithin(g.geom, x.drawn, 25)
        ORDER BY ST_Distance(g.geom, x.drawn), o.id
        LIMIT 1
    ) AS other
    WHERE x.street_id = ANY (CAST(:ids AS bigint[])) AND x.drawn IS NOT NULL
      AND NOT EXISTS (SELECT FROM segment AS g WHERE g.street_id = x.street_id AND ST_DWithin(g.geom, x.drawn, 25))
)
UPDATE stretch AS x
SET street_id = a.street_id
FROM astray AS a
WHERE x.id = a.id
RETURNING x.street_id
