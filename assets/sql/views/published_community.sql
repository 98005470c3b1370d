-- published_community: who runs the map.
CREATE VIEW published_community AS SELECT id, slug, name, is_sample FROM community
