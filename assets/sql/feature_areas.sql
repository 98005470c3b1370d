-- feature_areas: areas as GeoJSON features, in the order of their ids; the id of the feature is the code.
--   :srid, :decimals  integer   EPSG code of the answer, decimals of a coordinate
--   :limit            bigint    rows at most
--   switched: :code text (this area), :after bigint (ids above), :kind text (AreaKind), :parent text (code),
--             :box geometry (storage CRS)
-- Rows: id, version (always NULL), feature (JSON text). Relies on published_area, its key, code and ix_area_geom.
SELECT a.id, NULL AS version,
    concat(
        '{"type":"Feature","id":', to_json(a.code), ',"geometry":',
-- when plain:
        ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0),
-- when flipped:
        ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0),
-- end
        ',"properties":',
        json_build_object(
            'code', a.code, 'name', a.name, 'kind', a.kind, 'parent', parent.code, 'district', district.code,
            'municipality', municipality.code, 'population', a.population, 'households', a.households,
            'addresses', a.addresses), '}') AS feature
FROM published_area AS a
LEFT JOIN published_area AS parent ON parent.id = a.parent_id
LEFT JOIN published_area AS district ON district.id = a.district_id
LEFT JOIN published_area AS municipality ON municipality.id = a.municipality_id
WHERE true
-- when code:
  AND a.code = CAST(:code AS text)
-- when after:
  AND a.id > CAST(:after AS bigint)
-- when kind:
  AND a.kind = CAST(:kind AS text)
-- when parent:
  AND parent.code = CAST(:parent AS text)
-- when box:
  AND ST_Intersects(a.geom, CAST(:box AS geometry))
-- end
ORDER BY a.id
LIMIT CAST(:limit AS bigint)
