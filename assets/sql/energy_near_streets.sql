-- energy_near_streets: assets whose energy may go to another street part after these streets changed.
--   :street_ids bigint[] · :reach_m double precision, as in keep_energy
-- Rows: asset_id, ascending. Those on the streets, those that gave to them until now, those within reach of them, and
-- those whose street part is gone. Relies on ix_stretch_street_id, ix_street_part_geom, ix_asset_geom,
-- ix_energy_share_street_part_id and ix_activity_asset_id_held_on.
WITH part AS (
    SELECT p.id, p.geom FROM street_part AS p WHERE p.street_id = ANY (CAST(:street_ids AS bigint[]))
), near AS (
    SELECT s.asset_id FROM stretch AS s WHERE s.street_id = ANY (CAST(:street_ids AS bigint[]))
    UNION
    SELECT e.asset_id FROM part AS p JOIN energy_share AS e ON e.street_part_id = p.id
    UNION
    SELECT a.id
    FROM part AS p
    JOIN asset AS a ON ST_DWithin(a.geom, p.geom, CAST(:reach_m AS double precision))
    WHERE a.kind NOT IN ('person', 'street_initiative')
    UNION
    SELECT t.asset_id
    FROM activity AS t
    WHERE NOT EXISTS (SELECT FROM energy_share AS e WHERE e.asset_id = t.asset_id)
)
SELECT n.asset_id FROM near AS n WHERE EXISTS (SELECT FROM activity AS t WHERE t.asset_id = n.asset_id) ORDER BY n.asset_id
