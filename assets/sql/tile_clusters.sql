-- tile_clusters: how many things there are, for a vector tile of a country (z < 11): one number by kind for each sixth of a
-- tile that holds any. Persons are in none of these numbers. What was kept for an area counts on the days of valid_on and while
-- nothing was written there since (assets/counts.py); other areas are counted now, as long as they are no more than
-- :most_waiting: with more, and with more than :most_loose things in no area, the layer is empty until they are kept.
--   the binds of tile_box · :on date · :facet text (facet_holds) · :most_waiting :most_loose integer
-- Rows: one, a column of bytes: layer clusters (club, meeting_place, street_initiative, institution, exchange, story), a point
-- in the middle of what it counts. Relies on pk_asset_count and
-- ix_asset_area_id, and on a plan for these values: one for any would join sets of unknown size row by row.
WITH
-- include: tile_box
, known AS MATERIALIZED (
    SELECT k.area_id, k.x, k.y FROM published_counted_area AS k
    WHERE k.valid_on @> CAST(:on AS date) AND k.x >= :west AND k.x < :east AND k.y > :south AND k.y <= :north
), waiting AS MATERIALIZED (
    SELECT a.id, ST_X(a.label_point_3857) AS x, ST_Y(a.label_point_3857) AS y
    FROM published_area AS a
    WHERE a.id NOT IN (SELECT area_id FROM known)
      AND a.geom_3857 && ST_MakeEnvelope(:west, :south, :east, :north, 3857)
      AND ST_X(a.label_point_3857) >= :west AND ST_X(a.label_point_3857) < :east
      AND ST_Y(a.label_point_3857) > :south AND ST_Y(a.label_point_3857) <= :north
    LIMIT CAST(:most_waiting AS integer) + 1
), loose AS MATERIALIZED (
    SELECT a.kind, ST_X(ST_Centroid(ST_Envelope(a.geom_3857))) AS x, ST_Y(ST_Centroid(ST_Envelope(a.geom_3857))) AS y
    FROM published_asset AS a CROSS JOIN tile
    WHERE a.area_id IS NULL AND a.geom_3857 && tile.box AND a.kind <> 'person' AND a.active_on @> CAST(:on AS date)
      AND
-- include: facet_holds
    LIMIT CAST(:most_loose AS integer) + 1
), few AS MATERIALIZED (
    SELECT (SELECT count(*) FROM waiting) <= CAST(:most_waiting AS integer)
       AND (SELECT count(*) FROM loose) <= CAST(:most_loose AS integer) AS enough
), counted AS (
    SELECT k.x, k.y, c.club, c.meeting_place, c.street_initiative, c.institution, c.exchange, c.story
    FROM known AS k JOIN published_asset_count AS c ON c.area_id = k.area_id AND c.facet = CAST(:facet AS text)
    WHERE (SELECT enough FROM few)
    UNION ALL
    SELECT w.x, w.y, count(*) FILTER (WHERE a.kind = 'club'), count(*) FILTER (WHERE a.kind = 'meeting_place'),
           count(*) FILTER (WHERE a.kind = 'street_initiative'), count(*) FILTER (WHERE a.kind = 'institution'),
           count(*) FILTER (WHERE a.kind = 'exchange'), count(*) FILTER (WHERE a.kind = 'story')
    FROM waiting AS w JOIN published_asset AS a ON a.area_id = w.id
    WHERE (SELECT enough FROM few) AND a.kind <> 'person' AND a.active_on @> CAST(:on AS date)
      AND
-- include: facet_holds
    GROUP BY w.x, w.y
    UNION ALL
    SELECT l.x, l.y, CAST(l.kind = 'club' AS integer), CAST(l.kind = 'meeting_place' AS integer),
           CAST(l.kind = 'street_initiative' AS integer), CAST(l.kind = 'institution' AS integer),
           CAST(l.kind = 'exchange' AS integer), CAST(l.kind = 'story' AS integer)
    FROM loose AS l
    WHERE (SELECT enough FROM few) AND l.x >= :west AND l.x < :east AND l.y > :south AND l.y <= :north
), weighed AS (
    SELECT c.*, c.club + c.meeting_place + c.street_initiative + c.institution + c.exchange + c.story AS things,
           floor((c.x - :west) / (CAST(:east AS double precision) - :west) * 6) AS col,
           floor((:north - c.y) / (CAST(:east AS double precision) - :west) * 6) AS row
    FROM counted AS c
), cell AS (
    SELECT CAST(sum(w.club) AS integer) AS club, CAST(sum(w.meeting_place) AS integer) AS meeting_place,
           CAST(sum(w.street_initiative) AS integer) AS street_initiative, CAST(sum(w.institution) AS integer) AS institution,
           CAST(sum(w.exchange) AS integer) AS exchange, CAST(sum(w.story) AS integer) AS story,
           ST_SetSRID(ST_Point(sum(w.x * w.things) / sum(w.things), sum(w.y * w.things) / sum(w.things)), 3857) AS middle
    FROM weighed AS w
    WHERE w.things > 0
    GROUP BY w.col, w.row
)
SELECT ST_AsMVT(f, 'clusters', 4096, 'geom') AS mvt FROM (
    SELECT NULLIF(c.club, 0) AS club, NULLIF(c.meeting_place, 0) AS meeting_place,
           NULLIF(c.street_initiative, 0) AS street_initiative, NULLIF(c.institution, 0) AS institution,
           NULLIF(c.exchange, 0) AS exchange, NULLIF(c.story, 0) AS story,
           ST_AsMVTGeom(c.middle, tile.box, 4096, 64) AS geom
    FROM cell AS c CROSS JOIN tile
) AS f
