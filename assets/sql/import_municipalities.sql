-- import_municipalities: the municipality of lines whose file does not tell it: that of the area which holds them.
-- Binds: none. Rows: none; writes municipality_code and municipality of the temporary table incoming.
-- A neighbourhood whose municipality is not known itself tells it by its national code (BU0599... lies in GM0599).
-- Relies on divided (temporary).
UPDATE incoming AS i
SET municipality_code = found.code, municipality = coalesce(i.municipality, found.name)
FROM (
    SELECT l.id, known.code, known.name
    FROM incoming AS l
    LEFT JOIN divided AS d ON d.id = l.id
    LEFT JOIN area AS a ON a.id = d.area_id
    LEFT JOIN area AS m ON m.id = a.municipality_id
    CROSS JOIN LATERAL (
        SELECT coalesce(l.municipality_code, m.code,
                        CASE WHEN a.code ~ '^(BU[0-9]{4}\w{4}|WK[0-9]{4}\w{2})$' THEN 'GM' || substr(a.code, 3, 4) END)
    ) AS told (code)
    CROSS JOIN LATERAL (
        SELECT told.code, (SELECT g.name FROM area AS g WHERE g.code = told.code AND g.kind = 'municipality')
    ) AS known (code, name)
    WHERE l.municipality_code IS NULL OR l.municipality IS NULL
) AS found
WHERE found.id = i.id AND found.code IS NOT NULL
