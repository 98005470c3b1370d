-- energy_areas: the energy of areas on a day: of the street parts in them, and of what is there without a street.
--   the binds of energy_on; switches: area (:area_ids bigint[]: an area and all inside it), kind (:kind text),
--   within (:box geometry in the storage CRS, hex EWKB)
-- Rows: every area that is asked: code, name, kind, energy, population (NULL when unknown), by code.
-- Relies on energy_inside, ix_energy_share_street_part_id, ix_street_part_area_id and ix_asset_area_id.
WITH
-- include: energy_inside
, piece AS (
    SELECT COALESCE(p.area_id, o.area_id) AS area_id,
-- include: energy_on
           AS energy
    FROM published_energy_share AS e
    LEFT JOIN published_street_part AS p ON p.id = e.street_part_id
    LEFT JOIN published_asset AS o ON o.id = e.asset_id AND e.street_part_id IS NULL
    WHERE e.counts_on @> CAST(:on AS date)
      AND COALESCE(p.area_id, o.area_id) IN (SELECT i.area_id FROM inside AS i)
), smallest AS (
    SELECT area_id, sum(energy) AS energy FROM piece GROUP BY area_id
), rolled AS (
    SELECT i.asked_id, sum(s.energy) AS energy
    FROM inside AS i
    JOIN smallest AS s ON s.area_id = i.area_id
    GROUP BY i.asked_id
)
SELECT k.code, k.name, k.kind, COALESCE(r.energy, 0) AS energy, k.population
FROM asked AS k
LEFT JOIN rolled AS r ON r.asked_id = k.id
ORDER BY k.code
