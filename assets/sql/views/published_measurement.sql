-- published_measurement: how much litter was counted where and when; not by whom, and not where in the street.
CREATE VIEW published_measurement AS
SELECT id, street_part_id, measured_on, kind, box_m2, count FROM measurement WHERE street_part_id IS NOT NULL
