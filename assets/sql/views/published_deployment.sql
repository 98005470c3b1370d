-- published_deployment: the storage CRS, which programs need to read coordinates.
CREATE VIEW published_deployment AS SELECT id, storage_srid FROM deployment
