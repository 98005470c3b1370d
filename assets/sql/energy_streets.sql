-- energy_streets: the energy of street parts on a day; parts without any are left out.
--   the binds of energy_on; switches: area (:area_ids bigint[]), within (:box geometry in the storage CRS, hex EWKB),
--   parts (:ids bigint[])
-- Rows: id (street part), energy (no unit), by id.
-- Relies on ix_energy_share_street_part_id, ix_street_part_area_id and ix_street_part_geom.
SELECT s.id, sum(s.energy) AS energy
FROM (
    SELECT e.street_part_id AS id,
-- include: energy_on
           AS energy
    FROM published_energy_share AS e
    WHERE e.counts_on @> CAST(:on AS date)
-- when area:
      AND e.street_part_id IN (
          SELECT p.id FROM published_street_part AS p WHERE p.area_id = ANY (CAST(:area_ids AS bigint[])))
-- when within:
      AND e.street_part_id IN (SELECT p.id FROM published_street_part AS p WHERE p.geom && CAST(:box AS geometry))
-- when parts:
      AND e.street_part_id = ANY (CAST(:ids AS bigint[]))
-- end
) AS s
GROUP BY s.id
HAVING sum(s.energy) > 0
ORDER BY s.id
