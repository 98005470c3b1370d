-- set_stretch_geometry: store a stretch as snapped onto its street.
--   :stretch_id bigint · :wkb bytea (multi-line, storage CRS) · :length_m double precision
-- Rows: none.
UPDATE stretch AS s
SET geom = ST_SetSRID(ST_GeomFromWKB(CAST(:wkb AS bytea)), d.storage_srid), length_m = :length_m
FROM deployment AS d
WHERE s.id = :stretch_id
