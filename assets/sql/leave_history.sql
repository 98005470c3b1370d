-- leave_history: in the history of other communities, take away the words of what they shared with one that leaves: of a
-- connection with one of its entries, and of an entry of its own that was once theirs.
--   :community_id  bigint
-- Relies on ix_asset_community_id. Reads all changes that are about more than one entry.
UPDATE change AS c
SET before = NULL, after = NULL,
    about = ARRAY(
        SELECT n FROM unnest(c.about) AS n
        WHERE NOT EXISTS (SELECT FROM asset AS a WHERE a.id = n AND a.community_id = CAST(:community_id AS bigint))
    )
WHERE c.about <> '{}' AND c.community_id IS DISTINCT FROM CAST(:community_id AS bigint) AND EXISTS (
    SELECT FROM unnest(c.about) AS n JOIN asset AS a ON a.id = n
    WHERE a.community_id = CAST(:community_id AS bigint)
)
