-- erase_answers: empty the kept answers (Idempotency-Key) that hold an entry; the keys stay, so that a device that sends
-- the same once more does not bring the entry back. For an erased entry, and for a person who withdrew.
--   :asset_id  bigint   the entry
-- Relies on idempotency_key_pkey. An answer tells of an entry by its address (also as ?asset=) or by a member with its number.
UPDATE idempotency_key
SET status = 0, headers = '{}', body = ''
WHERE (CAST(headers AS text) || ' ' || body) ~ (
    '(/assets/|[?&;]asset=|"(id|asset|asset_id|from|to|from_id|to_id)" *: *"?)' || CAST(:asset_id AS bigint) || '([^0-9]|$)'
)
