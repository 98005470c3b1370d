-- published_community: who runs the map, and since when.
CREATE VIEW published_community AS SELECT id, slug, name, is_sample, created_at FROM community
