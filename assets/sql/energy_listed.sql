-- energy_listed: street parts with energy on a day, by name, with the day on which something last happened there.
--   the binds of energy_on · :least double precision (less than this is nothing)
--   switches: area (:area_ids bigint[]), page (:limit bigint, :offset bigint), geometry (:srid integer, that of the CRS)
-- Rows: id, name, municipality, neighbourhood, area_code, length_m in metres, energy, last_activity_on, found (how many
-- there are in all), geometry (hex EWKB in :srid). By name and id.
-- Relies on ix_energy_share_street_part_id, ix_street_part_area_id and ix_activity_asset_id_held_on.
WITH worth AS (
    SELECT s.id, sum(s.energy) AS energy, max(s.last_on) AS last_on
    FROM (
        SELECT e.street_part_id AS id,
               CASE WHEN CAST(:on AS date) >= e.last_on THEN e.last_on
                    ELSE (SELECT max(t.held_on) FROM published_activity AS t
                          WHERE t.asset_id = e.asset_id AND t.held_on <= CAST(:on AS date)) END AS last_on,
-- include: energy_on
               AS energy
        FROM published_energy_share AS e
        WHERE e.counts_on @> CAST(:on AS date)
-- when area:
          AND e.street_part_id IN (
              SELECT p.id FROM published_street_part AS p WHERE p.area_id = ANY (CAST(:area_ids AS bigint[])))
-- end
    ) AS s
    GROUP BY s.id
    HAVING sum(s.energy) >= CAST(:least AS double precision)
)
SELECT p.id, p.name, COALESCE(m.name, t.municipality) AS municipality,
       CASE WHEN a.kind = 'neighbourhood' THEN a.name END AS neighbourhood, a.code AS area_code, p.length_m,
       w.energy, w.last_on AS last_activity_on, count(*) OVER () AS found
-- when geometry:
       , ST_Transform(p.geom, CAST(:srid AS integer)) AS geometry
-- end
FROM worth AS w
JOIN published_street_part AS p ON p.id = w.id
JOIN published_street AS t ON t.id = p.street_id
LEFT JOIN published_area AS a ON a.id = p.area_id
LEFT JOIN published_area AS m ON m.id = a.municipality_id
ORDER BY p.name COLLATE "und-x-icu", p.id
-- when page:
LIMIT CAST(:limit AS bigint) OFFSET CAST(:offset AS bigint)
