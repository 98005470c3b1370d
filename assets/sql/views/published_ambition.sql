-- published_ambition: the level that areas want their streets to have, and since when.
CREATE VIEW published_ambition AS SELECT id, area_id, level, since FROM ambition
