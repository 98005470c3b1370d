-- browse_bounds: where a map opens: the areas that lie together and hold the most entries, or the most streets while
-- there are no entries.
--   :apart      integer  areas further apart than so many metres do not lie together
--   :community  bigint   only where this community has entries; NULL for all
-- Persons are in no count here: one who withdraws moves no map.
-- One row: west, south, east, north in the storage CRS, or NULLs. Relies on published_street_part and its area_id.
WITH entries AS MATERIALIZED (
    SELECT area_id, count(*) AS entries FROM published_asset
    WHERE area_id IS NOT NULL AND kind <> 'person' AND (CAST(:community AS bigint) IS NULL OR community_id = :community)
    GROUP BY area_id
), parts AS MATERIALIZED (
    SELECT area_id, count(*) AS parts FROM published_street_part WHERE CAST(:community AS bigint) IS NULL GROUP BY area_id
), filled AS (
    SELECT ST_Envelope(a.geom) AS box, COALESCE(e.entries, 0) AS entries, COALESCE(p.parts, 0) AS parts
    FROM published_area AS a LEFT JOIN entries AS e ON e.area_id = a.id LEFT JOIN parts AS p ON p.area_id = a.id
    WHERE CASE WHEN CAST(:community AS bigint) IS NULL THEN p.parts * 50 >= (SELECT max(parts) FROM parts)
          ELSE e.entries > 0 END
), together AS (
    SELECT *, ST_ClusterDBSCAN(box, :apart, 1) OVER () AS cluster FROM filled
), chosen AS (
    SELECT ST_Extent(box) AS extent FROM together
    GROUP BY cluster ORDER BY sum(entries) DESC, sum(parts) DESC, cluster LIMIT 1
), opened AS (
    SELECT extent FROM chosen
    UNION ALL SELECT ST_Extent(geom) FROM published_street_part
    WHERE CAST(:community AS bigint) IS NULL AND NOT EXISTS (SELECT FROM chosen)
    UNION ALL SELECT ST_Extent(geom) FROM published_area
    WHERE CAST(:community AS bigint) IS NULL AND NOT EXISTS (SELECT FROM chosen)
)
SELECT ST_XMin(extent), ST_YMin(extent), ST_XMax(extent), ST_YMax(extent)
FROM (SELECT extent FROM opened WHERE extent IS NOT NULL LIMIT 1) AS first RIGHT JOIN (SELECT) AS always ON true
