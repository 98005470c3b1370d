-- timeline_streets: the street parts of an area as SVG path data, for maps the size of a stamp.
--   :area_ids bigint[] (the area and all inside it) · :west, :north of the drawing in the storage CRS, :scale units per
--   metre · :limit bigint
-- Rows: id, line (path data in whole units), by id. Relies on ix_street_part_area_id.
SELECT p.id,
       ST_AsSVG(ST_Affine(ST_Simplify(p.geom, 0.7 / :scale, true), :scale, 0, 0, :scale, -:west * :scale, -:north * :scale),
                0, 0) AS line
FROM published_street_part AS p
WHERE p.area_id = ANY (CAST(:area_ids AS bigint[]))
ORDER BY p.id
LIMIT CAST(:limit AS bigint)
