-- energy_months: the energy of street parts or of areas at the first of each month, for a slider that asks once.
--   :first, :last date (firsts of months, both included) · :half_life integer
--   switches: streets or areas (what the rows are about); area (:area_ids bigint[]: an area and all inside it),
--   within (:box geometry in the storage CRS, hex EWKB), kind (:kind text, with areas)
-- Rows: key (number of the street part, or code of the area, as text), energy (double precision[], one per month,
-- oldest first); what has no energy in any of the months is left out. By key.
-- Relies on energy_inside, ix_energy_share_street_part_id and ix_activity_asset_id_held_on.
WITH
-- include: energy_inside
, month AS (
    SELECT CAST(day AS date) AS day, number
    FROM generate_series(CAST(CAST(:first AS date) AS timestamp), CAST(CAST(:last AS date) AS timestamp), interval '1 month')
         WITH ORDINALITY AS m (day, number)
), piece AS (
-- when streets:
    SELECT e.street_part_id AS key, e.asset_id, e.share, e.counts_on
    FROM published_energy_share AS e
    JOIN published_street_part AS p ON p.id = e.street_part_id
    WHERE true
-- when streets_area:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when streets_within:
      AND p.geom && CAST(:box AS geometry)
-- when areas:
    SELECT COALESCE(p.area_id, o.area_id) AS key, e.asset_id, sum(e.share) AS share, range_agg(e.counts_on) AS counts_on
    FROM published_energy_share AS e
    LEFT JOIN published_street_part AS p ON p.id = e.street_part_id
    LEFT JOIN published_asset AS o ON o.id = e.asset_id AND e.street_part_id IS NULL
    WHERE COALESCE(p.area_id, o.area_id) IN (SELECT i.area_id FROM inside AS i)
    GROUP BY COALESCE(p.area_id, o.area_id), e.asset_id
-- end
), worth AS (
    SELECT i.key, m.number, sum(i.share * t.weight) AS energy
    FROM piece AS i
    JOIN month AS m ON i.counts_on @> m.day
    CROSS JOIN LATERAL (
        SELECT sum(sqrt(CAST(t.participants AS double precision))
                   * power(CAST(2 AS double precision), (t.held_on - m.day) / CAST(:half_life AS double precision))) AS weight
        FROM published_activity AS t
        WHERE t.asset_id = i.asset_id AND t.held_on BETWEEN m.day - 100 * :half_life AND m.day
    ) AS t
    WHERE t.weight > 0
    GROUP BY i.key, m.number
), named AS (
-- when streets:
    SELECT CAST(w.key AS text) AS key, w.number, w.energy FROM worth AS w
-- when areas:
    SELECT k.code AS key, w.number, sum(w.energy) AS energy
    FROM worth AS w
    JOIN inside AS i ON i.area_id = w.key
    JOIN asked AS k ON k.id = i.asked_id
    GROUP BY k.code, w.number
-- end
)
SELECT n.key, array_agg(COALESCE(v.energy, 0) ORDER BY m.number) AS energy
FROM (SELECT DISTINCT key FROM named) AS n
CROSS JOIN month AS m
LEFT JOIN named AS v ON v.key = n.key AND v.number = m.number
GROUP BY n.key
ORDER BY n.key
