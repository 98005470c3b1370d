-- published_asset_count: how many things an area held by kind when it was last counted; never persons.
CREATE VIEW published_asset_count AS
SELECT area_id, facet, club, meeting_place, street_initiative, institution, exchange, story FROM asset_count
