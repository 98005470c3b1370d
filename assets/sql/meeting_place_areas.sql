-- meeting_place_areas: an area and all inside it with their meeting places, and what is within reach of one.
--   :area text (code) · :on date · :known_share double precision
--   :parts bigint[] · :firsts int[] · :lasts int[] (what is reached: street part, millimetres along it, ends included)
-- Rows: the fields of AreaMeetingPlaces: the area first, then each district before its neighbourhoods, by name.
-- Addresses count where the number is known of at least the given share of the area's street parts; else they are NULL.
-- Relies on uq_area_code, ix_street_part_area_id, ix_address_street_part_id and ix_asset_area_id.
WITH asked AS (
    SELECT id FROM published_area WHERE code = CAST(:area AS text)
), inside AS MATERIALIZED (
    SELECT a.id, a.code, a.name, a.kind, a.district_id, a.municipality_id, a.population
    FROM published_area AS a, asked
    WHERE asked.id IN (a.id, a.district_id, a.municipality_id)
), reach AS MATERIALIZED (
    SELECT r.street_part_id, r.first_mm, r.last_mm
    FROM unnest(CAST(:parts AS bigint[]), CAST(:firsts AS int[]), CAST(:lasts AS int[]))
         AS r (street_part_id, first_mm, last_mm)
), reached AS MATERIALIZED (
    SELECT r.street_part_id, CAST(sum(r.last_mm - r.first_mm) AS double precision) / 1000 AS reached_m,
           sum((SELECT count(*) FROM published_address AS d
                WHERE d.street_part_id = r.street_part_id AND d.along_mm BETWEEN r.first_mm AND r.last_mm)) AS addresses
    FROM reach AS r
    GROUP BY r.street_part_id
), smallest AS (
    SELECT i.id, i.district_id, i.municipality_id, count(*) AS parts, count(p.addresses) AS known,
           sum(p.addresses) AS addresses, sum(p.length_m) AS length_m,
           sum(least(coalesce(r.reached_m, 0), p.length_m)) AS reached_m, sum(r.addresses) AS addresses_reached
    FROM inside AS i
    JOIN published_street_part AS p ON p.area_id = i.id
    LEFT JOIN reached AS r ON r.street_part_id = p.id
    GROUP BY i.id, i.district_id, i.municipality_id
), place AS MATERIALIZED (
    SELECT a.id, a.district_id, a.municipality_id, s.resident_run
    FROM published_area AS a
    JOIN published_asset AS s ON s.area_id = a.id
    WHERE s.kind = 'meeting_place' AND s.active_on @> CAST(:on AS date)
      AND (a.id IN (SELECT id FROM inside) OR a.district_id IN (SELECT district_id FROM inside))
)
SELECT i.code, i.name, i.kind, CASE WHEN i.kind = 'neighbourhood' THEN district.name END AS district, i.population,
       here.places, here.resident_run, here.run_by_others,
       CASE WHEN i.district_id IS NOT NULL
            THEN EXISTS (SELECT FROM place AS p WHERE i.district_id IN (p.id, p.district_id)) END AS in_district,
       CAST(CASE WHEN streets.known >= CAST(:known_share AS double precision) * streets.parts
                 THEN streets.addresses END AS bigint) AS addresses,
       CAST(CASE WHEN streets.known >= CAST(:known_share AS double precision) * streets.parts
                 THEN streets.addresses_reached END AS bigint) AS addresses_reached,
       coalesce(streets.length_m, 0) AS length_m,
       CAST(coalesce(streets.reached_m, 0) AS double precision) AS reached_m
FROM inside AS i
LEFT JOIN published_area AS district ON district.id = i.district_id
CROSS JOIN LATERAL (
    SELECT count(*) AS places, count(*) FILTER (WHERE p.resident_run) AS resident_run,
           count(*) FILTER (WHERE NOT p.resident_run) AS run_by_others
    FROM place AS p
    WHERE i.id IN (p.id, p.district_id, p.municipality_id)
) AS here
CROSS JOIN LATERAL (
    SELECT sum(s.parts) AS parts, sum(s.known) AS known, sum(s.addresses) AS addresses, sum(s.length_m) AS length_m,
           sum(s.reached_m) AS reached_m,
           CASE WHEN sum(s.addresses) IS NOT NULL THEN coalesce(sum(s.addresses_reached), 0) END AS addresses_reached
    FROM smallest AS s
    WHERE i.id IN (s.id, s.district_id, s.municipality_id)
) AS streets
ORDER BY i.id <> (SELECT id FROM asked), coalesce(district.name, '') COLLATE "und-x-icu", district.code,
         i.kind = 'neighbourhood', i.name COLLATE "und-x-icu", i.code
