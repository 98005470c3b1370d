-- import_merge_streets: a known street that is one with another of its name in this file gives it what hangs on it.
--   :on date
-- Rows: id of each street that received something.
-- Two pieces of a name become one street when lines between them close the gap of 1 km. The piece that is left over
-- keeps no stretches, conversations and measurements, and has vanished.
-- Relies on street_pair and incoming_street (temporary), ix_segment_street_id, ix_stretch_street_id and
-- ix_conversation_street_id_held_on and ix_measurement_street_id.
WITH left_over AS (
    SELECT DISTINCT ON (s.street_id) s.street_id AS id, i.street_id AS into_id
    FROM street_pair AS s
    JOIN incoming_street AS i ON i.key = s.key
    WHERE s.same_municipality
      AND i.street_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM incoming_street AS taken WHERE taken.street_id = s.street_id)
      AND ST_DWithin(i.geom, (SELECT ST_Collect(g.geom) FROM segment AS g WHERE g.street_id = s.street_id), 25)
      AND (EXISTS (SELECT FROM stretch AS x WHERE x.street_id = s.street_id)
           OR EXISTS (SELECT FROM conversation AS c WHERE c.street_id = s.street_id)
           OR EXISTS (SELECT FROM measurement AS m WHERE m.street_id = s.street_id)
           OR EXISTS (SELECT FROM asset AS a WHERE a.street_id = s.street_id))
    ORDER BY s.street_id, i.key
), stretches AS (
    UPDATE stretch AS x SET street_id = l.into_id FROM left_over AS l WHERE x.street_id = l.id
), conversations AS (
    UPDATE conversation AS c SET street_id = l.into_id FROM left_over AS l WHERE c.street_id = l.id
), measurements AS (
    UPDATE measurement AS m SET street_id = l.into_id FROM left_over AS l WHERE m.street_id = l.id
), assets AS (
    UPDATE asset AS a SET street_id = l.into_id FROM left_over AS l WHERE a.street_id = l.id
), gone AS (
    UPDATE street AS s SET vanished_on = CAST(:on AS date)
    FROM left_over AS l WHERE s.id = l.id AND s.vanished_on IS NULL
)
SELECT DISTINCT into_id AS id FROM left_over
