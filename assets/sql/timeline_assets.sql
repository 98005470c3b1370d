-- timeline_assets: the entries of an area that are active on some day of a period, with the days on which they are.
--   :first, :last date (both included) · :area_ids bigint[] (the area and all inside it) · :limit bigint
--   switches: theme (:theme text: only entries about it); geometry (GeoJSON in degrees); drawn (:west, :north of the
--   drawing in the storage CRS, :scale units per metre: lines as SVG path data, anything else as one point)
-- Rows: id, kind, title, ended_on, active and fresh (JSON: [[from, until], ...], until not included), with `geometry`
-- geometry, with `drawn` line, x, y; the oldest first. Persons are left out: a timeline tells of things.
-- Relies on ix_asset_area_id.
SELECT a.id, a.kind, a.title, a.ended_on,
       (SELECT jsonb_agg(jsonb_build_array(lower(r), upper(r)) ORDER BY r) FROM unnest(a.active_on) AS r) AS active,
       (SELECT jsonb_agg(jsonb_build_array(lower(r), upper(r)) ORDER BY r) FROM unnest(a.fresh_on) AS r) AS fresh
-- when geometry:
       , ST_AsGeoJSON(ST_Transform(a.geom, 4326), 6, 0) AS geometry
-- when drawn:
       , CASE WHEN ST_Dimension(a.geom) = 1 THEN ST_AsSVG(d.geom, 0, 0) END AS line
       , ST_X(ST_PointOnSurface(d.geom)) AS x, -ST_Y(ST_PointOnSurface(d.geom)) AS y
-- end
FROM published_asset AS a
-- when drawn:
CROSS JOIN LATERAL (
    SELECT ST_Affine(ST_Simplify(a.geom, 0.5 / :scale), :scale, 0, 0, :scale, -:west * :scale, -:north * :scale) AS geom
) AS d
-- end
WHERE a.area_id = ANY (CAST(:area_ids AS bigint[]))
  AND a.kind <> 'person'
  AND a.active_on && daterange(CAST(:first AS date), CAST(:last AS date), '[]')
-- when theme:
  AND a.themes @> ARRAY[CAST(:theme AS text)]
-- end
ORDER BY lower(a.active_on), a.id
LIMIT CAST(:limit AS bigint)
