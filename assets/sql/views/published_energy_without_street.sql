-- published_energy_without_street: what published entries add to the energy of their area only: persons with a consent
-- for the public that holds today, and places with no street near.
CREATE VIEW published_energy_without_street AS
SELECT e.asset_id, a.area_id, e.share, e.energy_at_epoch, e.last_on, e.counts_on
FROM energy_share AS e
JOIN published_asset AS a ON a.id = e.asset_id
WHERE e.street_part_id IS NULL AND NOT isempty(e.counts_on)
