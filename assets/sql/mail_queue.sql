-- mail_queue: asks the queue to send a mail, in the transaction of whoever wrote it.
--   :mail_id  bigint  the row of `mail`; the queue holds nothing else, so no address is in it or in its log lines
--   :priority integer who waits for a link goes before notices to many
-- Rows: one: the ids of the jobs, as an array.
-- Relies on procrastinate_defer_jobs_v1, the function with which procrastinate 3 itself hands in jobs.
SELECT procrastinate_defer_jobs_v1(ARRAY[CAST(
    ROW('mail', 'send_mail', CAST(:priority AS integer), NULL, NULL, jsonb_build_object('mail_id', CAST(:mail_id AS bigint)), NULL)
    AS procrastinate_job_to_defer_v1
)])
