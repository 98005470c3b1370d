-- search_streets: streets by their name, the best first; of very many only the first :most found are put in order.
--   :phrase text (folded) · :near_x :near_y double precision (storage CRS) or NULL · :most :limit integer
--   switched, one of: begins (:start text LIKE), contains (:pattern text LIKE of the longest word, :patterns text[]), alike
-- Rows: id, name, place (municipality or areas), parts (numbers of street parts), west, south, east, north (degrees).
-- Relies on ix_street_name_folded, ix_street_name_alike, uq_street_part_identity.
WITH found AS MATERIALIZED (
    SELECT s.id, s.name, s.municipality
    FROM published_street AS s
    WHERE true
-- when begins:
      AND folded(s.name) LIKE CAST(:start AS text)
-- when contains:
      AND folded(s.name) LIKE CAST(:pattern AS text) AND folded(s.name) LIKE ALL (CAST(:patterns AS text[]))
-- when alike:
      AND CAST(:phrase AS text) <% folded(s.name)
-- end
    LIMIT CAST(:most AS integer)
), ranked AS (
    SELECT f.id, f.name, f.municipality,
           folded(f.name) = CAST(:phrase AS text) AS same, word_similarity(CAST(:phrase AS text), folded(f.name)) AS likeness,
           CASE WHEN CAST(:near_x AS double precision) IS NOT NULL THEN
               (SELECT min(ST_Distance(p.geom, ST_SetSRID(ST_Point(CAST(:near_x AS double precision), CAST(:near_y AS double precision)), ST_SRID(p.geom))))
                FROM published_street_part AS p WHERE p.street_id = f.id) END AS away
    FROM found AS f
), best AS (
    SELECT * FROM ranked ORDER BY same DESC, round(CAST(likeness AS numeric), 1) DESC, away NULLS LAST, length(name), name, id
    LIMIT CAST(:limit AS integer)
)
SELECT b.id, b.name, COALESCE(b.municipality, e.areas) AS place, e.parts,
       ST_XMin(e.box) AS west, ST_YMin(e.box) AS south, ST_XMax(e.box) AS east, ST_YMax(e.box) AS north
FROM best AS b
CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT a.name, ', ') AS areas, array_agg(p.id ORDER BY p.id) AS parts,
           ST_Transform(ST_SetSRID(CAST(ST_Extent(p.geom) AS geometry), min(ST_SRID(p.geom))), 4326) AS box
    FROM published_street_part AS p LEFT JOIN published_area AS a ON a.id = p.area_id
    WHERE p.street_id = b.id
) AS e
ORDER BY b.same DESC, round(CAST(b.likeness AS numeric), 1) DESC, b.away NULLS LAST, length(b.name), b.name, b.id
