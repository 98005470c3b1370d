-- divide_parts_gone: street parts in whose area their street has no segment any more.
-- Binds: none. Rows: none; deletes from street_part. Relies on touched_street (temporary), uq_street_part_identity.
DELETE FROM street_part AS p
USING touched_street AS t
WHERE p.street_id = t.street_id
  AND NOT EXISTS (
      SELECT FROM segment AS g
      WHERE g.street_id = p.street_id AND g.area_id IS NOT DISTINCT FROM p.area_id
  )
