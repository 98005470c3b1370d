-- import_merge_streets: a known street that is one with another of its name in this file gives it what hangs on it.
--   :on date
-- Rows: id of each street that received something.
-- Two pieces of a name become one street when lines between them close the gap of 1 km. The piece that is left over
-- keeps no stretches and no conversations, and has vanished.
-- Relies on the temporary tables, ix_street_name, ix_stretch_street_id and ix_conversation_street_id_held_on.
WITH left_over AS (
    SELECT s.id, nearest.street_id AS into_id
    FROM street AS s
    CROSS JOIN LATERAL (
        SELECT i.street_id
        FROM incoming_street AS i
        WHERE i.name = s.name AND i.municipality_code IS NOT DISTINCT FROM s.municipality_code
          AND i.street_id IS NOT NULL
          AND ST_DWithin(i.geom, (SELECT ST_Collect(g.geom) FROM segment AS g WHERE g.street_id = s.id), 25)
        ORDER BY i.key
        LIMIT 1
    ) AS nearest
    WHERE EXISTS (SELECT FROM incoming_street AS i WHERE i.name = s.name
                  AND i.municipality_code IS NOT DISTINCT FROM s.municipality_code)
      AND NOT EXISTS (SELECT FROM incoming_street AS i WHERE i.street_id = s.id)
      AND (EXISTS (SELECT FROM stretch AS x WHERE x.street_id = s.id)
           OR EXISTS (SELECT FROM conversation AS c WHERE c.street_id = s.id)
           OR EXISTS (SELECT FROM asset AS a WHERE a.street_id = s.id))
), stretches AS (
    UPDATE stretch AS x SET street_id = l.into_id FROM left_over AS l WHERE x.street_id = l.id
), conversations AS (
    UPDATE conversation AS c SET street_id = l.into_id FROM left_over AS l WHERE c.street_id = l.id
), assets AS (
    UPDATE asset AS a SET street_id = l.into_id FROM left_over AS l WHERE a.street_id = l.id
), gone AS (
    UPDATE street AS s SET vanished_on = CAST(:on AS date)
    FROM left_over AS l WHERE s.id = l.id AND s.vanished_on IS NULL
)
SELECT DISTINCT into_id AS id FROM left_over
