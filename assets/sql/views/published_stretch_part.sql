-- published_stretch_part: what published street initiatives cover of street parts, with the dates on which they count.
-- covered: ranges in millimetres along the part; covered_m metres; counts on a day d when active_on holds d.
CREATE VIEW published_stretch_part AS
SELECT l.stretch_id, l.street_part_id, l.asset_id, l.covered, l.covered_m, a.themes, a.active_on, a.fresh_on
FROM stretch_part AS l
JOIN asset AS a ON a.id = l.asset_id
WHERE a.state = 'published' AND a.kind = 'street_initiative'
