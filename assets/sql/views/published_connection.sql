-- published_connection: what assets are to each other, where everyone may see both; who recorded it is left out.
CREATE VIEW published_connection AS
SELECT c.id, c.from_id, c.to_id, c.kind, c.since
FROM connection AS c
JOIN published_asset AS f ON f.id = c.from_id
JOIN published_asset AS t ON t.id = c.to_id
