-- import_segments_gone: delete stored lines that the file, where it knows, does not have any more.
--   :source text · :complete boolean · :partial boolean
-- Rows: street_id of each (NULL for ways without a name); their lines go into gone_line (temporary).
-- Of a street in the file: what lies in the file's box; when the file is partial only what lies within 25 m of its
-- lines. Of ways without a name: those of the same source, or all when the file is complete, or when it holds such ways
-- itself and at least half of the known streets of every municipality in it; and those that it has under a name.
-- Each difference is an anti-join on (street_id, fingerprint) of analysed temporary tables, so the planner hashes it.
WITH missing AS (
    SELECT k.*
    FROM stored_line AS k
    WHERE NOT EXISTS (SELECT FROM incoming_line AS l WHERE l.street_id = k.street_id AND l.fingerprint = k.fingerprint)
), of_streets AS (
    SELECT m.id
    FROM missing AS m
    WHERE m.street_id <> 0 AND m.in_box
      AND (NOT CAST(:partial AS boolean) OR EXISTS (
              SELECT FROM segment AS g, incoming_street AS s
              WHERE g.id = m.id AND s.street_id = m.street_id AND ST_CoveredBy(g.geom, ST_Buffer(s.geom, 25))))
), town AS (
    SELECT DISTINCT municipality_code FROM incoming_street
), well_known AS (
    SELECT s.municipality_code
    FROM street AS s
    JOIN town AS t ON t.municipality_code IS NOT DISTINCT FROM s.municipality_code
    LEFT JOIN incoming_street AS i ON i.street_id = s.id
    WHERE s.vanished_on IS NULL AND i.is_new IS NOT TRUE
    GROUP BY s.municipality_code
    HAVING avg(CAST(i.street_id IS NOT NULL AS int)) >= 0.5
), whole_towns AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM town)
           AND (SELECT count(*) FROM well_known) = (SELECT count(*) FROM town)
           AND EXISTS (SELECT FROM incoming_line WHERE street_id = 0) AS known
), now_named AS (
    SELECT m.id
    FROM missing AS m
    JOIN incoming_line AS l ON l.fingerprint = m.fingerprint AND l.street_id <> 0
    WHERE m.street_id = 0
), not_there AS (
    SELECT m.id
    FROM missing AS m
    WHERE m.street_id = 0 AND NOT CAST(:partial AS boolean)
      AND (CAST(:complete AS boolean) OR m.source = CAST(:source AS text) OR (SELECT known FROM whole_towns))
), deleted AS (
    DELETE FROM segment AS g
    USING (SELECT id FROM of_streets UNION SELECT id FROM now_named UNION SELECT id FROM not_there) AS gone
    WHERE gone.id = g.id
    RETURNING g.street_id, g.geom
), told AS (
    INSERT INTO gone_line (geom) SELECT geom FROM deleted
)
SELECT street_id FROM deleted
