-- profile_counts: what an area has to build on, counted over the entries that are active on a day.
--   :area_ids bigint[] (the area and all inside it) · :on date · :most_words bigint
-- Rows: what ('kind', 'theme', 'gift', 'word', 'run'), key (the kind, the theme, head|heart|hands, the gift as named,
-- 'resident'), of (of a word: head|heart|hands), things (entries that are no persons), people (persons; the caller tells
-- them by assets/people_told.py). Of 'word' only those that a thing names, or so many people that their number is told, the
-- most named first by what is told, and in nobody's own spelling: one who withdraws changes neither order nor letters.
-- Rule: domain, People come first.
-- Relies on ix_asset_area_id.
WITH here AS MATERIALIZED (
    SELECT a.id, a.kind = 'person' AS is_person, a.kind, a.themes, a.gifts, a.resident_run
    FROM published_asset AS a
    WHERE a.area_id = ANY (CAST(:area_ids AS bigint[])) AND a.active_on @> CAST(:on AS date)
), gift AS (
    SELECT h.id, h.is_person, g.gift ->> 'of' AS of, btrim(g.gift ->> 'what') AS what
    FROM here AS h
    CROSS JOIN LATERAL jsonb_array_elements(h.gifts) AS g (gift)
), word AS (
    SELECT lower(what) AS folded, of, COALESCE(min(what) FILTER (WHERE NOT is_person), lower(what)) AS what,
           count(DISTINCT id) FILTER (WHERE NOT is_person) AS things,
           count(DISTINCT id) FILTER (WHERE is_person) AS people
    FROM gift
    GROUP BY lower(what), of
), told_word AS (
    SELECT word.*,
-- include: people_told
           AS told
    FROM word
)
SELECT 'kind' AS what, kind AS key, NULL AS of, count(*) FILTER (WHERE NOT is_person) AS things,
       count(*) FILTER (WHERE is_person) AS people
FROM here GROUP BY kind
UNION ALL
SELECT 'theme', t.theme, NULL, count(*) FILTER (WHERE NOT h.is_person), count(*) FILTER (WHERE h.is_person)
FROM here AS h CROSS JOIN LATERAL unnest(h.themes) AS t (theme)
GROUP BY t.theme
UNION ALL
SELECT 'gift', of, NULL, count(DISTINCT id) FILTER (WHERE NOT is_person), count(DISTINCT id) FILTER (WHERE is_person)
FROM gift GROUP BY of
UNION ALL
SELECT 'run', 'resident', NULL, count(*) FILTER (WHERE kind = 'meeting_place' AND resident_run), 0 FROM here
UNION ALL
(SELECT 'word', what, of, things, people
 FROM told_word
 WHERE things > 0 OR told > 0
 ORDER BY things + told DESC, folded COLLATE "und-x-icu", of
 LIMIT CAST(:most_words AS bigint))
