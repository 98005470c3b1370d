-- search_areas: areas by their name, the best first, wide areas before small ones.
--   :phrase text (folded) · :near_x :near_y double precision (storage CRS) or NULL · :most :limit integer
--   switched, one of: begins (:start text LIKE), contains (:pattern text LIKE of the longest word, :patterns text[]), alike
-- Rows: code, name, kind, place (name of the area around it), west, south, east, north (degrees).
-- Relies on ix_area_name_folded and ix_area_name_alike.
WITH found AS MATERIALIZED (
    SELECT a.code, a.name, a.kind, a.parent_id, a.geom, a.label_point
    FROM published_area AS a
    WHERE true
-- when begins:
      AND folded(a.name) LIKE CAST(:start AS text)
-- when contains:
      AND folded(a.name) LIKE CAST(:pattern AS text) AND folded(a.name) LIKE ALL (CAST(:patterns AS text[]))
-- when alike:
      AND CAST(:phrase AS text) <% folded(a.name)
-- end
    LIMIT CAST(:most AS integer)
), best AS (
    SELECT f.*, folded(f.name) = CAST(:phrase AS text) AS same, word_similarity(CAST(:phrase AS text), folded(f.name)) AS likeness,
           CASE f.kind WHEN 'municipality' THEN 0 WHEN 'district' THEN 1 ELSE 2 END AS level,
           CASE WHEN CAST(:near_x AS double precision) IS NOT NULL THEN
               ST_Distance(f.label_point, ST_SetSRID(ST_Point(CAST(:near_x AS double precision), CAST(:near_y AS double precision)), ST_SRID(f.label_point))) END AS away
    FROM found AS f
    ORDER BY same DESC, round(CAST(word_similarity(CAST(:phrase AS text), folded(f.name)) AS numeric), 1) DESC, level, away NULLS LAST, f.name, f.code
    LIMIT CAST(:limit AS integer)
)
SELECT b.code, b.name, b.kind, parent.name AS place,
       ST_XMin(e.box) AS west, ST_YMin(e.box) AS south, ST_XMax(e.box) AS east, ST_YMax(e.box) AS north
FROM best AS b
LEFT JOIN published_area AS parent ON parent.id = b.parent_id
CROSS JOIN LATERAL (SELECT ST_Transform(ST_Envelope(b.geom), 4326) AS box) AS e
ORDER BY b.same DESC, round(CAST(b.likeness AS numeric), 1) DESC, b.level, b.away NULLS LAST, b.name, b.code
