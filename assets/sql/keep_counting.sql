-- keep_counting: tell the kept links of street initiatives their themes and the days on which they count.
--   :ids  bigint[]  assets, or NULL for all
-- Rows: none. An initiative that is not published counts on no day. Relies on ix_stretch_part_asset_id.
UPDATE stretch_part AS l
SET themes = a.themes, counts_on = CASE WHEN a.state = 'published' THEN a.active_on ELSE '{}' END
FROM asset AS a
WHERE a.id = l.asset_id
  AND (CAST(:ids AS bigint[]) IS NULL OR l.asset_id = ANY (CAST(:ids AS bigint[])))
  AND (l.themes, l.counts_on) IS DISTINCT FROM
      (a.themes, CASE WHEN a.state = 'published' THEN a.active_on ELSE CAST('{}' AS datemultirange) END)
