-- energy_areas: the energy of areas on a day: of the street parts in them, and of what is there without a street.
--   the binds of energy_on; switch some: only :asked_ids bigint[], in which lie :area_ids bigint[] (both of areas)
-- Rows: every area that is asked: code, name, kind, energy, population (NULL when unknown), by code.
-- In two pieces, because a place in "the area of the street, else of the entry" is found by no index.
-- Relies on ix_street_part_area_id, ix_energy_share_street_part_id, ix_asset_area_id and uq_energy_share_identity.
WITH piece AS (
    SELECT p.area_id,
-- include: energy_on
           AS energy
    FROM published_energy_share AS e
    JOIN published_street_part AS p ON p.id = e.street_part_id
    WHERE e.counts_on @> CAST(:on AS date)
-- when some:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
    UNION ALL
    SELECT e.area_id,
-- include: energy_on
    FROM published_energy_without_street AS e
    WHERE e.counts_on @> CAST(:on AS date)
-- when some:
      AND e.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
), smallest AS (
    SELECT area_id, sum(energy) AS energy FROM piece WHERE area_id IS NOT NULL GROUP BY area_id
), rolled AS (
    SELECT up.id, sum(s.energy) AS energy
    FROM smallest AS s
    JOIN published_area AS a ON a.id = s.area_id
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[a.id, a.district_id, a.municipality_id])) AS up (id)
    GROUP BY up.id
)
SELECT k.code, k.name, k.kind, COALESCE(r.energy, 0) AS energy, k.population
FROM published_area AS k
LEFT JOIN rolled AS r ON r.id = k.id
-- when some:
WHERE k.id = ANY (CAST(:asked_ids AS bigint[]))
-- end
ORDER BY k.code
