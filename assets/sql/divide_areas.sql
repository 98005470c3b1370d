-- divide_areas: the areas around the lines to be divided, cut into small pieces so that each test is cheap.
-- Binds: none. Rows: into divide_area (temporary). Storage CRS.
-- Relies on divide_line (temporary) and ix_area_geom.
INSERT INTO divide_area (id, kind, code, geom)
SELECT a.id, a.kind, a.code, ST_Subdivide(a.geom, 200)
FROM area AS a
WHERE a.geom && (SELECT ST_SetSRID(ST_Extent(l.geom), max(ST_SRID(l.geom))) FROM divide_line AS l)
