-- shared_with_municipality: the published views as what is made for the municipality may read them: without what
-- communities do not share. Included behind WITH: each name stands for the view of that name, less what is withheld, in
-- all that follows. Switched on only when somebody withholds something, so that it costs nothing otherwise.
--   :states_withheld bigint[] (communities whose initiatives are left out altogether)
--   :counts_withheld bigint[] (communities whose activities are left out)
-- Rule: domain, Sharing.
published_stretch_part AS NOT MATERIALIZED (
    SELECT l.* FROM published_stretch_part AS l JOIN published_asset AS o ON o.id = l.asset_id
    WHERE o.community_id <> ALL (CAST(:states_withheld AS bigint[]))
), published_energy_share AS NOT MATERIALIZED (
    SELECT e.* FROM published_energy_share AS e JOIN published_asset AS o ON o.id = e.asset_id
    WHERE o.community_id <> ALL (CAST(:states_withheld AS bigint[]))
), published_activity AS NOT MATERIALIZED (
    SELECT t.* FROM published_activity AS t JOIN published_asset AS o ON o.id = t.asset_id
    WHERE o.community_id <> ALL (CAST(:counts_withheld AS bigint[]))
)
