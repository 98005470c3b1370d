-- published_contact: entries that everyone may see and can write to through the relay; never where a message goes.
CREATE VIEW published_contact AS
SELECT a.id AS asset_id
FROM relay_address AS r
JOIN published_asset AS a ON a.id = r.asset_id
WHERE r.confirmed_at IS NOT NULL AND (a.ended_on IS NULL OR a.ended_on > CURRENT_DATE)
