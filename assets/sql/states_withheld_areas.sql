-- states_withheld_areas: in which of these areas some of these communities, which do not share the states of their streets,
-- have something on the public map. By that alone, and never by where they spoke with neighbours: that is not told.
--   :communities bigint[] · :codes text[] of the smallest areas, as street parts have them
-- Rows: code. Relies on uq_area_code, ix_asset_area_id, ix_street_part_area_id and ix_stretch_part_street_part_id.
SELECT n.code
FROM published_area AS n
WHERE n.code = ANY (CAST(:codes AS text[]))
  AND (EXISTS (SELECT 1 FROM published_asset AS a
               WHERE a.area_id = n.id AND a.kind <> 'person' AND a.community_id = ANY (CAST(:communities AS bigint[])))
       OR EXISTS (SELECT 1 FROM published_street_part AS p
                  JOIN published_stretch_part AS l ON l.street_part_id = p.id
                  JOIN published_asset AS a ON a.id = l.asset_id
                  WHERE p.area_id = n.id AND a.community_id = ANY (CAST(:communities AS bigint[]))))
