-- street_details: how much happened in street parts in the 12 months up to a date, of communities that share it with the
-- municipality: numbers of activities of initiatives there, and of conversations; never with whom, nor what was said.
--   :ids bigint[] (street parts) · :on date · :months integer
--   switched: :states_withheld, :counts_withheld bigint[] (shared)
-- Rows: street_part_id, activities, conversations; one for each part.
-- Rule: domain, Sharing. Relies on ix_stretch_part_street_part_id, ix_activity_asset_id_held_on and
-- ix_conversation_street_id_held_on. Needs the role of the service, which sees the conversations that are shared.
WITH
-- when shared:
-- include: shared_with_municipality
,
-- end
talking AS MATERIALIZED (
    SELECT community_id FROM published_sharing WHERE what = 'conversations' AND shared
)
SELECT p.id AS street_part_id,
       (SELECT count(DISTINCT t.id)
        FROM published_stretch_part AS l
        JOIN published_activity AS t ON t.asset_id = l.asset_id
        WHERE l.street_part_id = p.id AND t.kind = 'activity'
          AND t.held_on BETWEEN CAST(CAST(:on AS date) - make_interval(months => :months) AS date)
                            AND CAST(:on AS date)) AS activities,
       (SELECT count(*)
        FROM conversation AS c
        WHERE c.street_id = p.street_id AND (c.area_id IS NULL OR c.area_id = p.area_id)
          AND c.held_on BETWEEN CAST(CAST(:on AS date) - make_interval(months => :months) AS date)
                            AND CAST(:on AS date)
          AND c.community_id IN (SELECT community_id FROM talking)) AS conversations
FROM published_street_part AS p
WHERE p.id = ANY (CAST(:ids AS bigint[]))
