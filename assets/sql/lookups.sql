-- lookups: what the municipality looked at, newest first.
--   :limit      bigint     rows at most
--   :area_ids   bigint[]   (in_area) an area, those in it and those around it
--   :what       text       (what) one kind
--   :at, :shown timestamptz, bigint   (before) of the last row of the page before, and how many of that moment were shown
-- Rows: id, at (of persons the day), role, what, area_code, area_name.
-- Relies on published_lookup, ix_lookup_at.
SELECT l.id, l.at, l.role, l.what, l.area_code, l.area_name
FROM published_lookup AS l
WHERE TRUE
-- when in_area:
    AND l.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
-- when what:
    AND l.what = :what
-- end
-- when before:
    AND l.at <= CAST(:at AS timestamptz)
-- end
ORDER BY l.at DESC, l.id DESC
LIMIT CAST(:limit AS bigint)
-- when before:
OFFSET CAST(:shown AS bigint)
-- end
