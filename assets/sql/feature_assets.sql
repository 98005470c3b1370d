-- feature_assets: assets as GeoJSON features, in the order of their ids.
--   :srid, :decimals  integer   EPSG code of the answer, decimals of a coordinate
--   :on               date      the day of `freshness`
--   :limit            bigint    rows at most
--   switched (a line with `-- when x:` counts only when x is asked for):
--   :id, :after       bigint    this asset; only ids above
--   :kind, :theme     text      AssetKind, Theme
--   the switches of sought; nothing: words that say nothing find nothing
--   :area_ids         bigint[]  in_area: an area and all inside it
--   :box              geometry  storage CRS
--   :first, :last     date      active on some day from :first until :last, both included
--   :heard_on         date      fresh, ageing, faded: only what is so on this day
-- Rows: id, version, feature (JSON text, `next_on` still null), recurrence with its start and active_on (NULL without
-- a recurrence), from which assets/rhythms.py fills in `next_on`. Relies on published_asset (or asset, when `archive`), their keys, ix_asset_geom.
SELECT a.id, a.version,
    concat(
        '{"type":"Feature","id":', a.id, ',"geometry":',
-- when plain:
        COALESCE(ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0), 'null'),
-- when flipped:
        COALESCE(ST_AsGeoJSON(ST_FlipCoordinates(ST_Transform(a.geom, CAST(:srid AS integer))), CAST(:decimals AS integer), 0), 'null'),
-- end
        ',"properties":',
        json_build_object(
            'kind', a.kind, 'title', a.title, 'description', a.description, 'themes', a.themes, 'gifts', a.gifts,
-- when published:
            'state', 'published',
-- when archive:
            'state', a.state,
-- end
            'freshness', CASE WHEN a.fresh_on @> CAST(:on AS date) THEN 'fresh'
                              WHEN a.active_on @> CAST(:on AS date) THEN 'ageing'
                              WHEN a.started_on <= CAST(:on AS date) AND (a.ended_on > CAST(:on AS date)) IS NOT FALSE
                              THEN 'faded' END,
            'started_on', a.started_on, 'began_known', a.started_on <> CAST(a.created_at AS date), 'ended_on', a.ended_on,
            'last_activity_on', (SELECT max(t.held_on) FROM published_activity AS t WHERE t.asset_id = a.id AND t.held_on <= CAST(:on AS date)),
            'placement', a.placement, 'area_code', area.code, 'area_name', area.name,
            'street_id', a.street_id, 'street', street.name,
            'rhythm', a.rhythm, 'recurrence', a.recurrence,
            'recurrence_start', to_char(a.recurrence_start, 'YYYY-MM-DD"T"HH24:MI'),
            'recurrence_minutes', a.recurrence_minutes, 'next_on', NULL,
            'open_to_newcomers', a.open_to_newcomers, 'resident_run', a.resident_run, 'wheelchair_accessible', a.wheelchair_accessible,
            'member_count', a.member_count, 'language', a.language, 'version', a.version), '}') AS feature,
    a.recurrence, a.recurrence_start, CASE WHEN a.recurrence IS NOT NULL THEN a.active_on END AS active_on
-- when published:
FROM published_asset AS a
-- when archive:
FROM asset AS a
-- end
LEFT JOIN published_area AS area ON area.id = a.area_id
LEFT JOIN published_street AS street ON street.id = a.street_id
WHERE true
-- when archive:
  AND a.state <> 'retired'
-- when id:
  AND a.id = CAST(:id AS bigint)
-- when after:
  AND a.id > CAST(:after AS bigint)
-- when kind:
  AND a.kind = CAST(:kind AS text)
-- when theme:
  AND a.themes @> ARRAY[CAST(:theme AS text)]
-- include: sought
-- when in_area:
  AND a.area_id = ANY (CAST(:area_ids AS bigint[]))
-- when box:
  AND ST_Intersects(a.geom, CAST(:box AS geometry))
-- when nothing:
  AND false
-- when period:
  AND a.active_on && daterange(CAST(:first AS date), CAST(:last AS date), '[]')
-- when fresh:
  AND a.fresh_on @> CAST(:heard_on AS date)
-- when ageing:
  AND a.active_on @> CAST(:heard_on AS date) AND NOT a.fresh_on @> CAST(:heard_on AS date)
-- when faded:
  AND NOT a.active_on @> CAST(:heard_on AS date)
  AND a.started_on <= CAST(:heard_on AS date) AND (a.ended_on > CAST(:heard_on AS date)) IS NOT FALSE
-- end
ORDER BY a.id
LIMIT CAST(:limit AS bigint)
