-- street_coverage: street parts with their state for a theme on a date.
--   switches with their binds: area (:area_ids bigint[]), within (:within bytea WKB polygon in the storage CRS,
--   :storage_srid), one (:id), linked (only parts that an initiative counts on), uncovered (no metre under an
--   initiative), states (:states text[]), by_id or by_name, in_order_by_id or in_order_by_name (parts are looked at in
--   that order until there are enough), after (:after_id; by name also :after_name), limit (:most), each or everywhere
--   (how the state is found), shared (what communities do not share with the municipality is left out:
--   :states_withheld, :counts_withheld of shared_with_municipality), geometry (:srid of the geometry wanted) with flip for y before x
--   always :theme text or NULL for any · :on date · :asked_months · :carried_share · :epoch · :half_life (energy_on)
-- Rows: one per street part, by id or by name and id: length_m, covered_m in metres; share 0 .. 1; geometry GeoJSON
-- text; last_activity_on of any initiative on the part, last_conversation_on in the part, both up to :on; energy.
-- Relies on ix_street_part_area_id, ix_street_part_name, ix_street_part_geom and the indexes of street_state.
WITH
-- when shared:
-- include: shared_with_municipality
,
-- end
chosen AS (
    SELECT p.id, p.street_id, p.area_id, p.length_m
-- when by_name:
           , p.name
-- end
    FROM published_street_part AS p
    WHERE true
-- when area:
      AND p.area_id = ANY (CAST(:area_ids AS bigint[]))
-- end
-- when one:
      AND p.id = :id
-- end
-- when within:
      AND ST_Intersects(p.geom, ST_SetSRID(ST_GeomFromWKB(CAST(:within AS bytea)), CAST(:storage_srid AS integer)))
-- end
-- when linked:
      AND p.id IN (SELECT l.street_part_id FROM published_stretch_part AS l
                   WHERE l.counts_on @> CAST(:on AS date)
                     AND (CAST(:theme AS text) IS NULL OR l.themes @> ARRAY[CAST(:theme AS text)]))
-- end
-- when after_by_id:
      AND p.id > :after_id
-- end
-- when after_by_name:
      AND (p.name COLLATE "und-x-icu", p.id) > (CAST(:after_name AS text) COLLATE "und-x-icu", :after_id)
-- end
-- when in_order_by_id:
    ORDER BY p.id
-- end
-- when in_order_by_name:
    ORDER BY p.name COLLATE "und-x-icu", p.id
-- end
),
-- when each:
-- include: street_state
-- when everywhere:
-- include: street_state_everywhere
-- end
, page AS (
    SELECT *
    FROM stated
    WHERE true
-- when uncovered:
      AND covered_m <= 0
-- when states:
      AND state = ANY (CAST(:states AS text[]))
-- end
-- when by_id:
    ORDER BY id
-- end
-- when by_name:
    ORDER BY name COLLATE "und-x-icu", id
-- end
-- when limit:
    LIMIT :most
-- end
)
SELECT g.id, g.street_id, p.name, s.municipality_code, COALESCE(m.name, s.municipality) AS municipality,
       a.code AS area_code, CASE WHEN a.kind = 'neighbourhood' THEN a.name END AS neighbourhood,
       g.length_m, g.covered_m, g.share, g.state, p.addresses,
       (SELECT max(t.held_on) FROM published_stretch_part AS l JOIN published_activity AS t ON t.asset_id = l.asset_id
        WHERE l.street_part_id = g.id AND t.held_on <= CAST(:on AS date)) AS last_activity_on,
       (SELECT max(t.held_on) FROM published_conversation AS t
        WHERE t.street_id = g.street_id AND (t.area_id IS NULL OR t.area_id = g.area_id)
          AND t.held_on <= CAST(:on AS date)) AS last_conversation_on,
-- include: energy_of_part
       AS energy
-- when geometry:
       , ST_AsGeoJSON(ST_Transform(p.geom, CAST(:srid AS integer)), CAST(:decimals AS integer), 0) AS geometry
-- end
-- when flipped:
       , ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(p.geom, CAST(:srid AS integer))),
                      CAST(:decimals AS integer), 0) AS geometry
-- end
FROM page AS g
JOIN published_street_part AS p ON p.id = g.id
JOIN published_street AS s ON s.id = g.street_id
LEFT JOIN published_area AS a ON a.id = g.area_id
LEFT JOIN published_area AS m ON m.id = a.municipality_id
-- when by_id:
ORDER BY g.id
-- end
-- when by_name:
ORDER BY p.name COLLATE "und-x-icu", g.id
-- end
