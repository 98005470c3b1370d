-- import_link_areas: which district and municipality each area lies in, for all areas, in whatever order they came.
-- Binds: none. Rows: none; writes parent_id, district_id, municipality_id where they differ.
-- A parent is found by the code that the file gives, else by the national code (BU0599..., WK0599.., GM0599), else
-- what is known stays, else it is the area that holds more than half of the surface.
-- Relies on incoming_area (temporary), the unique code and ix_area_geom.
WITH of_neighbourhood AS (
    SELECT a.id, coalesce(given.id, by_code.id, nullif(a.district_id, a.id), around.id) AS district_id
    FROM area AS a
    LEFT JOIN incoming_area AS i ON i.code = a.code
    LEFT JOIN area AS given ON given.code = i.parent_code AND given.kind = 'district'
    LEFT JOIN area AS by_code ON by_code.kind = 'district' AND a.code ~ '^BU[0-9]{4}\w{4}$'
                             AND by_code.code = 'WK' || substr(a.code, 3, 6)
    LEFT JOIN LATERAL (
        SELECT d.id
        FROM area AS d
        WHERE d.kind = 'district' AND given.id IS NULL AND by_code.id IS NULL AND a.district_id IS NULL
          AND d.geom && a.geom AND ST_Area(ST_Intersection(d.geom, a.geom)) > 0.5 * ST_Area(a.geom)
        ORDER BY d.code
        LIMIT 1
    ) AS around ON TRUE
    WHERE a.kind = 'neighbourhood'
), district AS (
    SELECT id, district_id FROM of_neighbourhood
    UNION ALL
    SELECT id, id FROM area WHERE kind = 'district'
    UNION ALL
    SELECT id, NULL FROM area WHERE kind = 'municipality'
), of_lower AS (
    SELECT a.id, coalesce(given.id, by_code.id, by_district.id, nullif(a.municipality_id, a.id), around.id) AS municipality_id
    FROM area AS a
    JOIN district AS d ON d.id = a.id
    LEFT JOIN area AS above ON above.id = d.district_id AND a.kind = 'neighbourhood'
    LEFT JOIN incoming_area AS i ON i.code = a.code
    LEFT JOIN area AS given ON given.kind = 'municipality' AND given.code IN (i.municipality_code, i.parent_code)
    LEFT JOIN area AS by_code ON by_code.kind = 'municipality' AND a.code ~ '^(BU[0-9]{4}\w{4}|WK[0-9]{4}\w{2})$'
                             AND by_code.code = 'GM' || substr(a.code, 3, 4)
    LEFT JOIN area AS by_district ON by_district.id = above.municipality_id AND by_district.kind = 'municipality'
    LEFT JOIN LATERAL (
        SELECT m.id
        FROM area AS m
        WHERE m.kind = 'municipality' AND given.id IS NULL AND by_code.id IS NULL AND by_district.id IS NULL
          AND a.municipality_id IS NULL
          AND m.geom && a.geom AND ST_Area(ST_Intersection(m.geom, a.geom)) > 0.5 * ST_Area(a.geom)
        ORDER BY m.code
        LIMIT 1
    ) AS around ON TRUE
    WHERE a.kind <> 'municipality'
), municipality AS (
    SELECT id, municipality_id FROM of_lower
    UNION ALL
    SELECT id, id FROM area WHERE kind = 'municipality'
), linked AS (
    SELECT a.id, d.district_id, m.municipality_id,
           CASE a.kind WHEN 'neighbourhood' THEN coalesce(d.district_id, m.municipality_id)
                       WHEN 'district' THEN m.municipality_id END AS parent_id
    FROM area AS a
    JOIN district AS d ON d.id = a.id
    JOIN municipality AS m ON m.id = a.id
)
UPDATE area AS a
SET parent_id = l.parent_id, district_id = l.district_id, municipality_id = l.municipality_id
FROM linked AS l
WHERE l.id = a.id
  AND (a.parent_id, a.district_id, a.municipality_id) IS DISTINCT FROM (l.parent_id, l.district_id, l.municipality_id)
