-- published_activity: what published entries did; who recorded it is left out.
CREATE VIEW published_activity AS
SELECT t.id, t.asset_id, t.kind, t.held_on, t.participants, t.hours, t.note, t.version, t.recorded_at,
       t.changed_at
FROM activity AS t
JOIN published_asset AS a ON a.id = t.asset_id
