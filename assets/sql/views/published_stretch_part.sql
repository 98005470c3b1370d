-- published_stretch_part: what published street initiatives cover of street parts, and when they count.
-- covered: ranges in millimetres along the part; covered_m metres; counts_on is empty while it is not published.
CREATE VIEW published_stretch_part AS
SELECT stretch_id, street_part_id, asset_id, covered, covered_m, themes, counts_on
FROM stretch_part
WHERE NOT isempty(counts_on)
