-- connections_near: what lies nearest to a shape, to connect it with.
--   :shape    bytea             WKB in the storage CRS
--   :kinds    text[]            only assets of these kinds
--   :but      bigint            not this one, or NULL
--   :on       date              only what is active on this day
--   :reach_m  double precision  metres in a straight line
--   :most     bigint            rows at most
-- Rows: id, kind, title, language, distance_m; nearest first. Relies on published_asset, ix_asset_geom (nearest first).
WITH here AS MATERIALIZED (
    SELECT ST_SetSRID(ST_GeomFromWKB(CAST(:shape AS bytea)), d.storage_srid) AS geom FROM published_deployment AS d
)
SELECT a.id, a.kind, a.title, a.language, ST_Distance(a.geom, here.geom) AS distance_m
FROM here
CROSS JOIN LATERAL (
    SELECT n.id, n.kind, n.title, n.language, n.geom
    FROM published_asset AS n
    WHERE ST_DWithin(n.geom, here.geom, CAST(:reach_m AS double precision))
      AND n.kind = ANY (CAST(:kinds AS text[]))
      AND n.id IS DISTINCT FROM CAST(:but AS bigint)
      AND n.active_on @> CAST(:on AS date)
    ORDER BY n.geom <-> here.geom, n.id
    LIMIT CAST(:most AS bigint)
) AS a
ORDER BY distance_m, a.id
