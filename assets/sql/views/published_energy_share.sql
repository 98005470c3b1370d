-- published_energy_share: what published entries add to the energy of street parts; without a street part of their area.
-- A person has no street part, and counts only with a consent for the public that holds today.
CREATE VIEW published_energy_share AS
SELECT e.asset_id, e.street_part_id, e.share, e.energy_at_epoch, e.last_on, e.counts_on
FROM energy_share AS e
WHERE NOT isempty(e.counts_on)
  AND (e.street_part_id IS NOT NULL OR EXISTS (SELECT 1 FROM published_asset AS a WHERE a.id = e.asset_id))
