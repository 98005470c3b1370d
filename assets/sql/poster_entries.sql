-- poster_entries: what stands on the poster of an area on a day, shared out fairly: first the first of each kind, then
-- the second of each, and so on, so that a kind of which there is little is on it whole.
--   :area_ids   bigint[]   the area and all inside it (areas.ids_within)
--   :on         date       the day; what has faded by then is left out
--   :most       bigint     rows at most
-- Rows: id, kind, title, language, themes, rhythm, open_to_newcomers, placement, freshness, area_name, street, streets (text[],
-- what an initiative cares for, in the order given), last_activity_on, things and people (all there are: entries that
-- are no persons, and persons), shape (WKB in
-- the storage CRS: a point, or the lines of an initiative; NULL for a person, whose general point would look like a
-- door, and for what has no place). In the order of the kinds, then of the titles.
-- Relies on published_asset, published_area, published_street, published_stretch, published_activity, ix_asset_area_id.
WITH here AS (
    SELECT a.id, a.kind, a.title, a.language, a.themes, a.rhythm, a.open_to_newcomers, a.placement, a.area_id, a.street_id, a.geom,
        a.fresh_on @> CAST(:on AS date) AS is_fresh, count(*) FILTER (WHERE a.kind <> 'person') OVER () AS things,
        count(*) FILTER (WHERE a.kind = 'person') OVER () AS people,
        row_number() OVER (PARTITION BY a.kind ORDER BY a.fresh_on @> CAST(:on AS date) DESC, a.id DESC) AS place
    FROM published_asset AS a
    WHERE a.active_on @> CAST(:on AS date) AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
), on_it AS (
    SELECT * FROM here ORDER BY place, kind LIMIT CAST(:most AS bigint)
)
SELECT o.id, o.kind, o.title, o.language, o.themes, o.rhythm, o.open_to_newcomers, o.placement,
    CASE WHEN o.is_fresh THEN 'fresh' ELSE 'ageing' END AS freshness,
    n.name AS area_name, s.name AS street,
    ARRAY(SELECT y.name FROM published_stretch AS x JOIN published_street AS y ON y.id = x.street_id
          WHERE x.asset_id = o.id ORDER BY x.position, x.id) AS streets,
    (SELECT max(t.held_on) FROM published_activity AS t WHERE t.asset_id = o.id AND t.held_on <= CAST(:on AS date)) AS last_activity_on,
    o.things, o.people,
    CASE WHEN o.kind = 'person' THEN NULL
         WHEN o.kind = 'street_initiative' THEN ST_AsBinary(ST_LineMerge(o.geom))
         WHEN ST_Dimension(o.geom) = 0 THEN ST_AsBinary(ST_Centroid(o.geom))
         ELSE ST_AsBinary(ST_PointOnSurface(o.geom)) END AS shape
FROM on_it AS o
LEFT JOIN published_area AS n ON n.id = o.area_id
LEFT JOIN published_street AS s ON s.id = o.street_id
ORDER BY o.kind, o.title COLLATE "und-x-icu", o.id
