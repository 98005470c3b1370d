-- feed_entries: what is new or changed on the map of an area, the newest first, for feed readers.
--   :area_ids   bigint[]   the area and all inside it (areas.ids_within)
--   :on         date       the day; what does not count on it is left out
--   :most       bigint     rows at most
-- Rows: id, kind, title, description, themes, rhythm, open_to_newcomers, placement, freshness, language, created_at,
-- changed_at, area_name, street, streets (text[], what an initiative cares for, in the order given), longitude, latitude
-- (degrees, a point on it; NULL for a person, whose general point would look like a door, and for what has no place).
-- Relies on published_asset, published_area, published_street, published_stretch, ix_asset_area_id.
WITH newest AS (
    SELECT a.id, a.changed_at
    FROM published_asset AS a
    WHERE a.active_on @> CAST(:on AS date) AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
    ORDER BY a.changed_at DESC, a.id DESC
    LIMIT CAST(:most AS bigint)
)
SELECT a.id, a.kind, a.title, a.description, a.themes, a.rhythm, a.open_to_newcomers, a.placement,
    CASE WHEN a.fresh_on @> CAST(:on AS date) THEN 'fresh' ELSE 'ageing' END AS freshness,
    a.language, a.created_at, a.changed_at,
    CASE WHEN a.placement <> 'none' THEN n.name END AS area_name,
    CASE WHEN a.placement <> 'none' THEN s.name END AS street,
    ARRAY(SELECT y.name FROM published_stretch AS x JOIN published_street AS y ON y.id = x.street_id
          WHERE x.asset_id = a.id ORDER BY x.position, x.id) AS streets,
    ST_X(p.point) AS longitude, ST_Y(p.point) AS latitude
FROM newest AS w
JOIN published_asset AS a ON a.id = w.id
LEFT JOIN published_area AS n ON n.id = a.area_id
LEFT JOIN published_street AS s ON s.id = a.street_id
CROSS JOIN LATERAL (SELECT CASE WHEN a.kind <> 'person' THEN ST_Transform(ST_PointOnSurface(a.geom), 4326) END AS point) AS p
ORDER BY w.changed_at DESC, w.id DESC
