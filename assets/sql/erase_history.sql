-- erase_history: take the words from the history of what an entry did, also from rows that do not name the entry.
--   :asset_id  bigint   the entry
-- Relies on ix_activity_asset_id_held_on, ix_change_subject.
UPDATE change
SET before = NULL, after = NULL
WHERE subject = 'activity' AND subject_id IN (
    SELECT id FROM activity WHERE asset_id = CAST(:asset_id AS bigint)
)
