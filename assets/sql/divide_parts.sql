-- divide_parts: the part of each touched street in each area: all its segments there, in the order of their ids.
-- Binds: none. Rows: none; writes street_part, storage CRS, metres. The road class is the one of most metres.
-- Kept links (stretch_part) count millimetres along this order, so they are made again after this.
-- Relies on touched_street (temporary), ix_segment_street_id and uq_street_part_identity.
WITH class AS (
    SELECT g.street_id, g.area_id, g.road_class, sum(ST_Length(g.geom)) AS length_m
    FROM touched_street AS t
    JOIN segment AS g ON g.street_id = t.street_id
    GROUP BY g.street_id, g.area_id, g.road_class
), main_class AS (
    SELECT DISTINCT ON (street_id, area_id) street_id, area_id, road_class
    FROM class
    ORDER BY street_id, area_id, length_m DESC, road_class
), part AS (
    SELECT g.street_id, g.area_id, sum(ST_Length(g.geom)) AS length_m,
           ST_Multi(ST_Collect(g.geom ORDER BY g.id)) AS geom
    FROM touched_street AS t
    JOIN segment AS g ON g.street_id = t.street_id
    GROUP BY g.street_id, g.area_id
)
INSERT INTO street_part AS known (street_id, area_id, name, length_m, road_class, geom)
SELECT part.street_id, part.area_id, s.name, part.length_m, c.road_class, part.geom
FROM part
JOIN street AS s ON s.id = part.street_id
JOIN main_class AS c ON c.street_id = part.street_id AND c.area_id IS NOT DISTINCT FROM part.area_id
ON CONFLICT (street_id, area_id) DO UPDATE
SET name = excluded.name, length_m = excluded.length_m, road_class = excluded.road_class, geom = excluded.geom
WHERE known.name <> excluded.name
   OR known.road_class IS DISTINCT FROM excluded.road_class
   OR ST_AsBinary(known.geom) <> ST_AsBinary(excluded.geom)
