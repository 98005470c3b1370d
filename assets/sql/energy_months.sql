-- energy_months: the energy of street parts or of areas on each of some days, for a slider that asks once.
--   :days date[] (ascending) · :epoch date · :half_life integer
--   switches: streets or areas (what the rows are about); streets_area (:area_ids bigint[]: an area and all inside it),
--   streets_within (:box geometry in the storage CRS, hex EWKB), streets_thinned (:step bigint: one street part in so
--   many, always the same ones), areas_some (:asked_ids and :area_ids, as energy_areas)
-- Rows: key (number of the street part, or code of the area, as text), days (integer[], which of :days have energy,
-- from 1, ascending) and energy (double precision[], on each of them); what has none on any day is left out. By key.
-- Each activity is looked at once, however many days there are: weighed on the epoch, added up from day to day.
-- Relies on the indexes of energy_areas, ix_street_part_geom and ix_activity_asset_id_held_on.
WITH month AS (
    SELECT day, number FROM unnest(CAST(:days AS date[])) WITH ORDINALITY AS m (day, number)
), piece AS (
    SELECT
-- when streets:
           e.street_part_id AS key,
-- when areas:
           p.area_id AS key,
-- end
           e.asset_id, e.share, e.counts_on
    FROM published_street_part AS p
    JOIN published_energy_share AS e ON e.street_part_id = p.id
    WHERE true
-- when streets_area:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when streets_within:
      AND p.geom && CAST(:box AS geometry)
-- when streets_thinned:
      AND e.street_part_id % CAST(:step AS bigint) = 0
-- when areas_some:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when areas:
    UNION ALL
    SELECT e.area_id, e.asset_id, e.share, e.counts_on
    FROM published_energy_without_street AS e
    WHERE true
-- when areas_some:
      AND e.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
), entry AS (
    SELECT DISTINCT asset_id FROM piece
), added AS (
    -- what each entry did after the day before and up to this one
    SELECT t.asset_id, width_bucket(t.held_on - 1, CAST(:days AS date[])) + 1 AS number, max(t.held_on) AS last_on,
           sum(sqrt(CAST(t.participants AS double precision))
               * power(CAST(2 AS double precision), (t.held_on - CAST(:epoch AS date)) / CAST(:half_life AS double precision))) AS weight
    FROM entry AS i
    JOIN published_activity AS t ON t.asset_id = i.asset_id
    GROUP BY t.asset_id, 2
), grown AS (
    SELECT i.asset_id, m.number, m.day, sum(d.weight) OVER so_far AS weight, max(d.last_on) OVER so_far AS last_on
    FROM entry AS i
    CROSS JOIN month AS m
    LEFT JOIN added AS d ON d.asset_id = i.asset_id AND d.number = m.number
    WINDOW so_far AS (PARTITION BY i.asset_id ORDER BY m.number)
), worth AS (
    SELECT i.key, g.number,
           sum(i.share * g.weight
               * power(CAST(2 AS double precision), (CAST(:epoch AS date) - g.day) / CAST(:half_life AS double precision))) AS energy
    FROM piece AS i
    JOIN grown AS g ON g.asset_id = i.asset_id AND i.counts_on @> g.day
    WHERE i.key IS NOT NULL AND g.last_on >= g.day - 100 * :half_life
    GROUP BY i.key, g.number
), named AS (
-- when streets:
    SELECT CAST(w.key AS text) AS key, w.number, w.energy FROM worth AS w
-- when areas:
    SELECT k.code AS key, w.number, sum(w.energy) AS energy
    FROM worth AS w
    JOIN published_area AS a ON a.id = w.key
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(ARRAY[a.id, a.district_id, a.municipality_id])) AS up (id)
    JOIN published_area AS k ON k.id = up.id
    WHERE true
-- when areas_some:
      AND k.id = ANY (CAST(:asked_ids AS bigint[]))
-- when areas:
    GROUP BY k.code, w.number
-- end
)
SELECT n.key, array_agg(n.number ORDER BY n.number) AS days, array_agg(n.energy ORDER BY n.number) AS energy
FROM named AS n
GROUP BY n.key
ORDER BY n.key
