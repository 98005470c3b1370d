-- published_address: where along a street part an address stands, in millimetres, and whether that is an estimate; never
-- its number or its exact place.
CREATE VIEW published_address AS
SELECT street_part_id, along_mm, estimated FROM address WHERE street_part_id IS NOT NULL
