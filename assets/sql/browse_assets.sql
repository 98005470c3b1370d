-- browse_assets: what is on the map on a day, as short rows for a list; newest entries first.
-- a = published_asset, n = its smallest area, s = its street.
--   :on               date      the day of freshness; what has faded is left out
--   :limit            bigint    rows at most
--   switched: :before :above bigint (ids below, above), :kinds text[], :theme text, and those of sought;
--             :area_ids bigint[] (in_area: an area and all inside it), :box geometry (storage CRS, hex EWKB), :ids bigint[],
--             fresh, ageing (only what is so on :on), rows (left out where only ids or a count are wanted)
-- Rows: id, kind, title, language, themes, rhythm, open_to_newcomers, placement, freshness, area_name, street, last_activity_on,
--       west, south, east, north (degrees; NULL without a place).
-- Relies on published_asset, published_area, published_street, published_activity, ix_asset_geom.
SELECT a.id, a.kind, a.title, a.language, a.themes, a.rhythm, a.open_to_newcomers, a.placement,
    CASE WHEN a.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END AS freshness,
    n.name AS area_name, s.name AS street,
    (SELECT max(t.held_on) FROM published_activity AS t WHERE t.asset_id = a.id AND t.held_on <= CAST(:on AS date)) AS last_activity_on,
    ST_XMin(e.box) AS west, ST_YMin(e.box) AS south, ST_XMax(e.box) AS east, ST_YMax(e.box) AS north
FROM published_asset AS a
-- when rows:
LEFT JOIN published_area AS n ON n.id = a.area_id
LEFT JOIN published_street AS s ON s.id = a.street_id
CROSS JOIN LATERAL (SELECT ST_Transform(ST_Envelope(a.geom), 4326) AS box) AS e
-- end
WHERE a.active_on @> CAST(:on AS date)
-- when before:
  AND a.id < CAST(:before AS bigint)
-- when above:
  AND a.id > CAST(:above AS bigint)
-- when ids:
  AND a.id = ANY (CAST(:ids AS bigint[]))
-- when kinds:
  AND a.kind = ANY (CAST(:kinds AS text[]))
-- when theme:
  AND a.themes @> ARRAY[CAST(:theme AS text)]
-- include: sought
-- when fresh:
  AND a.fresh_on @> CAST(:on AS date)
-- when ageing:
  AND NOT a.fresh_on @> CAST(:on AS date)
-- when in_area:
  AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when box:
  AND a.geom && CAST(:box AS geometry)
-- end
ORDER BY a.id DESC
LIMIT CAST(:limit AS bigint)
