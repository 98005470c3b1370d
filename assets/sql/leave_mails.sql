-- leave_mails: throw away the mails that wait and tell of a community that leaves, or go to somebody who goes with it.
--   :community_id  bigint
--   :addresses     text[]   of accounts that go
-- Relies on pk_asset, pk_suggestion. Mails that wait are few.
DELETE FROM mail AS m
WHERE m.recipient = ANY (CAST(:addresses AS text[])) OR EXISTS (
    SELECT FROM unnest(m.about) AS told (told)
    CROSS JOIN LATERAL (SELECT split_part(told.told, ':', 1) AS what, split_part(told.told, ':', 2) AS number) AS it
    WHERE it.number ~ '^[0-9]{1,18}$' AND (
        it.what = 'asset' AND EXISTS (
            SELECT FROM asset AS a WHERE a.id = CAST(it.number AS bigint) AND a.community_id = CAST(:community_id AS bigint))
        OR it.what = 'suggestion' AND EXISTS (
            SELECT FROM suggestion AS s
            WHERE s.id = CAST(it.number AS bigint) AND s.community_id = CAST(:community_id AS bigint))
        OR it.what = 'invitation' AND EXISTS (
            SELECT FROM invitation AS i
            WHERE i.id = CAST(it.number AS bigint) AND i.community_id = CAST(:community_id AS bigint))
    )
)
