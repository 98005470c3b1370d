-- search_gifts: gifts that published entries name in these words, each once, and never of how many.
--   :on date · :phrase text (folded) · :most :limit integer
--   switched, one of: contains (:pattern text LIKE of the longest word, :patterns text[] of all), alike
-- Rows: of (head, heart, hands), what. Relies on ix_asset_talents.
WITH found AS MATERIALIZED (
    SELECT a.gifts
    FROM published_asset AS a
    WHERE a.active_on @> CAST(:on AS date)
-- when contains:
      AND a.talents LIKE CAST(:pattern AS text) AND a.talents LIKE ALL (CAST(:patterns AS text[]))
-- when alike:
      AND CAST(:phrase AS text) <% a.talents
-- end
    LIMIT CAST(:most AS integer)
), named AS (
    SELECT g.gift ->> 'of' AS of, btrim(g.gift ->> 'what') AS what, folded(btrim(g.gift ->> 'what')) AS folded
    FROM found AS f CROSS JOIN LATERAL jsonb_array_elements(f.gifts) AS g (gift)
)
SELECT n.of, min(n.what) AS what
FROM named AS n
WHERE n.what <> ''
-- when contains:
  AND n.folded LIKE ALL (CAST(:patterns AS text[]))
-- when alike:
  AND CAST(:phrase AS text) <% n.folded
-- end
GROUP BY n.of, n.folded
ORDER BY word_similarity(CAST(:phrase AS text), n.folded) DESC, n.folded COLLATE "und-x-icu", n.of
LIMIT CAST(:limit AS integer)
