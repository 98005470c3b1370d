-- published_data_version: one row, the version of all data; it rises with every commit that changes something.
CREATE VIEW published_data_version AS SELECT CAST(sum(version) AS bigint) AS version FROM data_version
