-- withheld_here: which of these communities have something in an area that an analysis for the municipality would reckon with.
--   :communities bigint[] · :area_ids bigint[] · :theme text or NULL for any
-- Rows: community_id. From the area to its initiatives: of communities there may be many, with entries all over the country.
-- Relies on ix_street_part_area_id and ix_stretch_part_street_part_id.
WITH initiative AS MATERIALIZED (
    SELECT DISTINCT l.asset_id
    FROM published_street_part AS p
    JOIN published_stretch_part AS l ON l.street_part_id = p.id
    WHERE p.area_id = ANY (CAST(:area_ids AS bigint[]))
      AND (CAST(:theme AS text) IS NULL OR l.themes @> ARRAY[CAST(:theme AS text)])
)
SELECT DISTINCT a.community_id
FROM initiative AS i
JOIN published_asset AS a ON a.id = i.asset_id
WHERE a.community_id = ANY (CAST(:communities AS bigint[]))
