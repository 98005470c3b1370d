-- energy_made: what the energy of each street part in a box is made of, on whatever day: who gives how much of theirs.
--   :box geometry in the storage CRS, hex EWKB
-- Rows: street_part_id, asset_id, title, share (0 .. 1), counts_on (the days on which the asset counts). By both ids.
-- Relies on ix_street_part_geom and ix_energy_share_street_part_id.
SELECT e.street_part_id, e.asset_id, a.title, e.share, e.counts_on
FROM published_street_part AS p
JOIN published_energy_share AS e ON e.street_part_id = p.id
JOIN published_asset AS a ON a.id = e.asset_id
WHERE p.geom && CAST(:box AS geometry)
ORDER BY e.street_part_id, e.asset_id
