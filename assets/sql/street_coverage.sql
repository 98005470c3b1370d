-- street_coverage: street parts with their state for a theme on a date.
--   :area_ids bigint[] or NULL · :within bytea WKB polygon in the storage CRS or NULL · :id bigint or NULL
--   :theme text or NULL for any · :on date · :states text[] or NULL · :asked_months integer · :carried_share
--   :by_name boolean · :after_name text or NULL · :after_id bigint or NULL · :most integer or NULL
--   :srid integer of the geometry wanted, or NULL for none · :flip boolean, y before x
-- Rows: one per street part, by id or by name and id: length_m, covered_m in metres; share 0 .. 1; geometry GeoJSON
-- text; last_activity_on of any initiative on the part, last_conversation_on in the part, both up to :on.
-- Relies on ix_street_part_area_id, ix_street_part_geom and the indexes of street_state.
WITH chosen AS (
    SELECT p.id, p.street_id, p.area_id, p.name, p.length_m, p.addresses
    FROM published_street_part AS p
    WHERE (CAST(:area_ids AS bigint[]) IS NULL OR p.area_id = ANY (CAST(:area_ids AS bigint[])))
      AND (CAST(:id AS bigint) IS NULL OR p.id = CAST(:id AS bigint))
      AND (CAST(:within AS bytea) IS NULL OR ST_Intersects(
          p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:within AS bytea)), CAST(:storage_srid AS integer))))
),
-- include: street_state
, page AS (
    SELECT *
    FROM stated
    WHERE (CAST(:states AS text[]) IS NULL OR state = ANY (CAST(:states AS text[])))
      AND (CAST(:after_id AS bigint) IS NULL
           OR (NOT :by_name AND id > CAST(:after_id AS bigint))
           OR (:by_name AND (name COLLATE "und-x-icu", id)
                            > (CAST(:after_name AS text) COLLATE "und-x-icu", CAST(:after_id AS bigint))))
    ORDER BY CASE WHEN :by_name THEN name END COLLATE "und-x-icu", id
    LIMIT CAST(:most AS integer)
)
SELECT g.id, g.street_id, g.name, s.municipality_code, COALESCE(m.name, s.municipality) AS municipality,
       a.code AS area_code, CASE WHEN a.kind = 'neighbourhood' THEN a.name END AS neighbourhood,
       g.length_m, g.covered_m, g.share, g.state, g.addresses,
       (SELECT max(t.held_on) FROM published_stretch_part AS l JOIN published_activity AS t ON t.asset_id = l.asset_id
        WHERE l.street_part_id = g.id AND t.held_on <= CAST(:on AS date)) AS last_activity_on,
       (SELECT max(t.held_on) FROM published_conversation AS t
        WHERE t.street_id = g.street_id AND (t.area_id IS NULL OR t.area_id = g.area_id)
          AND t.held_on <= CAST(:on AS date)) AS last_conversation_on,
       CASE WHEN CAST(:srid AS integer) IS NOT NULL THEN ST_AsGeoJSON(
           CASE WHEN :flip THEN ST_FlipCoordinates(ST_Transform(p.geom, CAST(:srid AS integer)))
                ELSE ST_Transform(p.geom, CAST(:srid AS integer)) END,
           CASE WHEN CAST(:srid AS integer) IN (4326, 4258) THEN 7 ELSE 3 END, 0) END AS geometry
FROM page AS g
JOIN published_street_part AS p ON p.id = g.id
JOIN published_street AS s ON s.id = g.street_id
LEFT JOIN published_area AS a ON a.id = g.area_id
LEFT JOIN published_area AS m ON m.id = a.municipality_id
ORDER BY CASE WHEN :by_name THEN g.name END COLLATE "und-x-icu", g.id
