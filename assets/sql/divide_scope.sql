-- divide_scope: stored segments that are to be divided again.
--   :area_ids    bigint[]  only in the boxes of these areas, or theirs until now; NULL: anywhere
--   :street_ids  bigint[]  only of these streets; NULL: of any, and those of none
-- Rows: into divide_line (id, geom), temporary. Relies on ix_segment_geom, ix_segment_area_id, ix_segment_street_id.
INSERT INTO divide_line (id, geom)
SELECT g.id, g.geom
FROM segment AS g
WHERE (CAST(:street_ids AS bigint[]) IS NULL OR g.street_id = ANY (CAST(:street_ids AS bigint[])))
  AND (CAST(:area_ids AS bigint[]) IS NULL OR g.id IN (
        SELECT near.id
        FROM area AS a
        JOIN segment AS near ON near.geom && a.geom
        WHERE a.id = ANY (CAST(:area_ids AS bigint[]))
        UNION
        SELECT mine.id FROM segment AS mine WHERE mine.area_id = ANY (CAST(:area_ids AS bigint[]))
      ))
