-- street_totals: how many street parts and metres are in each state, for a theme on a date.
--   :area_ids bigint[] or NULL · :within bytea or NULL · :storage_srid · :theme · :on · :asked_months · :carried_share
-- Rows: state, parts, streets (distinct), length_m (metres of the parts), covered_m; states without parts are left out.
-- Relies on the indexes of street_state.
WITH chosen AS (
    SELECT p.id, p.street_id, p.area_id, p.length_m
    FROM published_street_part AS p
    WHERE (CAST(:area_ids AS bigint[]) IS NULL OR p.area_id = ANY (CAST(:area_ids AS bigint[])))
      AND (CAST(:within AS bytea) IS NULL OR ST_Intersects(
          p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:within AS bytea)), CAST(:storage_srid AS integer))))
),
-- include: street_state
SELECT state, count(*) AS parts, count(DISTINCT street_id) AS streets, sum(length_m) AS length_m,
       sum(covered_m) AS covered_m
FROM stated
GROUP BY state
