-- leave_answers: empty the kept answers (Idempotency-Key) that hold something of a community that leaves; the keys stay,
-- so that a device that sends the same once more makes nothing anew.
--   :community_id  bigint
--   :holders       text[]   whose keys these are, of those who go
-- Relies on pk_asset, pk_conversation. As erase_answers, for all entries and conversations at once: a number that is
-- also that of something else empties an answer too many, which says no more than that it was received.
UPDATE idempotency_key AS k
SET status = 0, headers = '{}', body = ''
WHERE k.holder = ANY (CAST(:holders AS text[])) OR EXISTS (
    SELECT FROM regexp_matches(
        CAST(k.headers AS text) || ' ' || k.body,
        '(/assets/|saved=|[?&;]asset=|"(id|asset|asset_id|from|to|from_id|to_id)" *: *"?)([0-9]{1,18})(?![0-9])', 'g'
    ) AS found (number)
    WHERE EXISTS (SELECT FROM asset AS a
                  WHERE a.id = CAST(found.number[3] AS bigint) AND a.community_id = CAST(:community_id AS bigint))
       OR EXISTS (SELECT FROM conversation AS c
                  WHERE c.id = CAST(found.number[3] AS bigint) AND c.community_id = CAST(:community_id AS bigint))
)
