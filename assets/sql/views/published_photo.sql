-- published_photo: photos of entries that everyone may see, never of a person; who brought them is left out.
-- What waits with a suggestion belongs to no entry yet.
CREATE VIEW published_photo AS
SELECT p.key, p.asset_id, p.alt, p.language, p.width, p.height, p.small_width, p.small_height, p.digest,
       p.large, p.small
FROM photo AS p
JOIN published_asset AS a ON a.id = p.asset_id
WHERE a.kind <> 'person'
