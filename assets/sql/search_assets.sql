-- search_assets: entries that fit the words of a search, the best first. Of a word that stands in very many only the first
-- :most found are put in order.
--   :on date · :phrase text (folded) · :query text (tsquery) · :near_x :near_y double precision (storage CRS) or NULL
--   :most :limit integer
--   switched, one of: contains (:pattern text LIKE of the longest word, :patterns text[] of all), words, alike
--   box (:box geometry, storage CRS)
-- Rows: id, kind, title, language, freshness, area_name, street. Relies on ix_asset_names, ix_asset_words, ix_asset_geom.
WITH found AS MATERIALIZED (
    SELECT a.id, a.kind, a.title, a.language, a.names, a.words, a.fresh_on, a.area_id, a.street_id, a.geom
    FROM published_asset AS a
    WHERE a.active_on @> CAST(:on AS date)
-- when contains:
      AND a.names LIKE CAST(:pattern AS text) AND a.names LIKE ALL (CAST(:patterns AS text[]))
-- when words:
      AND a.words @@ to_tsquery('public.vuurtoren', CAST(:query AS text))
-- when alike:
      AND CAST(:phrase AS text) <% a.names
-- when box:
      AND a.geom && CAST(:box AS geometry)
-- end
    LIMIT CAST(:most AS integer)
), ranked AS (
    SELECT f.id, f.kind, f.title, f.language, f.fresh_on, f.area_id, f.street_id,
           f.names LIKE CAST(:start AS text) AS begins, word_similarity(CAST(:phrase AS text), f.names) AS likeness,
           CASE WHEN CAST(:near_x AS double precision) IS NULL THEN 0
                ELSE ST_Distance(f.geom, ST_SetSRID(ST_Point(CAST(:near_x AS double precision), CAST(:near_y AS double precision)), ST_SRID(f.geom))) END AS away,
           ts_rank(f.words, to_tsquery('public.vuurtoren', CAST(:query AS text))) AS rank
    FROM found AS f
    ORDER BY begins DESC, round(CAST(word_similarity(CAST(:phrase AS text), f.names) AS numeric), 1) DESC,
             round(CAST(ts_rank(f.words, to_tsquery('public.vuurtoren', CAST(:query AS text))) AS numeric), 1) DESC, away NULLS LAST, f.id DESC
    LIMIT CAST(:limit AS integer)
)
SELECT r.id, r.kind, r.title, r.language, CASE WHEN r.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END AS freshness,
       n.name AS area_name, s.name AS street
FROM ranked AS r
LEFT JOIN published_area AS n ON n.id = r.area_id
LEFT JOIN published_street AS s ON s.id = r.street_id
ORDER BY r.begins DESC, round(CAST(r.likeness AS numeric), 1) DESC, round(CAST(r.rank AS numeric), 1) DESC, r.away NULLS LAST, r.id DESC
