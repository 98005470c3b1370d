-- published_import_batch: where the data comes from, for attribution beside it.
CREATE VIEW published_import_batch AS
SELECT id, what, source, attribution, finished_at FROM import_batch
