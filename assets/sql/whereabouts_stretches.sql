-- whereabouts_stretches: the streets that an initiative cares for, and between which streets, in the order given.
--   :id         bigint    the asset
--   :reach_m    float     a street this near to an end of a stretch is the street at that end
-- Rows: name, whole_street, first, last (names of other streets at its two ends; NULL where none is near, for a whole
-- street, and for a stretch that is no single line, as of two carriageways).
-- Relies on published_stretch, published_street, published_segment and its GiST index.
WITH cared_for AS (
    SELECT x.id, x.position, x.street_id, x.whole_street, s.name, ST_LineMerge(x.geom) AS line
    FROM published_stretch AS x
    JOIN published_street AS s ON s.id = x.street_id
    WHERE x.asset_id = CAST(:id AS bigint)
), ends AS (
    SELECT c.*, e.point, e.is_first
    FROM cared_for AS c
    CROSS JOIN LATERAL (
        VALUES (ST_StartPoint(c.line), true), (ST_EndPoint(c.line), false)
    ) AS e (point, is_first)
), named AS (
    SELECT e.id, e.position, e.name, e.whole_street, e.is_first,
        (SELECT o.name
         FROM published_segment AS g
         JOIN published_street AS o ON o.id = g.street_id
         WHERE NOT e.whole_street AND o.name <> e.name AND ST_DWithin(g.geom, e.point, CAST(:reach_m AS float))
         ORDER BY ST_Distance(g.geom, e.point), o.name
         LIMIT 1) AS at_end
    FROM ends AS e
)
SELECT n.name, n.whole_street, max(n.at_end) FILTER (WHERE n.is_first) AS first, max(n.at_end) FILTER (WHERE NOT n.is_first) AS last
FROM named AS n
GROUP BY n.id, n.position, n.name, n.whole_street
ORDER BY n.position, n.id
