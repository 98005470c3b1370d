-- divide_scope: stored segments that are to be divided again.
--   switches with their binds: areas (:area_ids bigint[]: only in the boxes of these areas, or theirs until now),
--   streets (:street_ids bigint[]: only of these streets); without them every segment
-- Rows: into divide_line (id, geom), temporary. Relies on ix_segment_geom, ix_segment_area_id, ix_segment_street_id.
-- Switched, because an "is null or" around the areas would make them a subplan that is searched anew for each segment.
INSERT INTO divide_line (id, geom)
SELECT g.id, g.geom
FROM segment AS g
WHERE true
-- when streets:
  AND g.street_id = ANY (CAST(:street_ids AS bigint[]))
-- end
-- when areas:
  AND g.id IN (
        SELECT near.id
        FROM unnest(CAST(:area_ids AS bigint[])) AS changed (id)
        JOIN area AS a ON a.id = changed.id
        JOIN segment AS near ON near.geom && a.geom
        UNION
        SELECT mine.id
        FROM unnest(CAST(:area_ids AS bigint[])) AS changed (id)
        JOIN segment AS mine ON mine.area_id = changed.id
      )
-- end
