-- search_places: streets and areas whose whole name is one of these phrases, for a search that names a place.
--   :phrases  text[]  folded
-- Rows: phrase, street_ids bigint[], area_ids bigint[]. Relies on ix_street_name_folded and ix_area_name_folded.
SELECT p.phrase,
       ARRAY(SELECT s.id FROM published_street AS s WHERE folded(s.name) = p.phrase ORDER BY s.id LIMIT 5000) AS street_ids,
       ARRAY(SELECT a.id FROM published_area AS a WHERE folded(a.name) = p.phrase ORDER BY a.id LIMIT 50) AS area_ids
FROM unnest(CAST(:phrases AS text[])) AS p (phrase)
