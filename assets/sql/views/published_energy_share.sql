-- published_energy_share: what published entries add to the energy of street parts. Persons have no street part.
CREATE VIEW published_energy_share AS
SELECT e.asset_id, e.street_part_id, e.share, e.energy_at_epoch, e.last_on, e.counts_on
FROM energy_share AS e
WHERE e.street_part_id IS NOT NULL AND NOT isempty(e.counts_on)
