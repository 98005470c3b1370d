-- street_totals: how many street parts and metres are in each state, for a theme on a date.
--   switches with their binds: area (:area_ids bigint[]), within (:within bytea, :storage_srid), each or everywhere
--   always :theme text or NULL for any · :on date · :asked_months · :carried_share
-- Rows: state, parts, streets (distinct), length_m (metres of the parts), covered_m; states without parts are left out.
-- Relies on ix_street_part_area_id and the indexes of street_state.
WITH chosen AS (
    SELECT p.id, p.street_id, p.area_id, p.length_m
    FROM published_street_part AS p
    WHERE true
-- when area:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
-- when within:
      AND ST_Intersects(p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:within AS bytea)), CAST(:storage_srid AS integer)))
-- end
),
-- when each:
-- include: street_state
-- when everywhere:
-- include: street_state_everywhere
-- end
SELECT state, count(*) AS parts, count(DISTINCT street_id) AS streets, sum(length_m) AS length_m,
       sum(covered_m) AS covered_m
FROM stated
GROUP BY state
