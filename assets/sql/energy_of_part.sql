-- energy_of_part: the energy of the street part g.id on a day, as a column. Included by other files.
--   the binds of energy_on. Relies on ix_energy_share_street_part_id.
(SELECT COALESCE(sum(worth.energy), 0) FROM (
     SELECT
-- include: energy_on
     AS energy
     FROM published_energy_share AS e
     WHERE e.street_part_id = g.id AND e.counts_on @> CAST(:on AS date)) AS worth)
