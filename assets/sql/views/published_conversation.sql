-- published_conversation: that neighbours were spoken with, where and when; never what was said or by whom. Only of
-- communities that share the states of their streets: of others nobody learns that they asked (docs/decisions/0039).
CREATE VIEW published_conversation AS
SELECT c.id, c.street_id, c.area_id, c.held_on
FROM conversation AS c
WHERE NOT EXISTS (SELECT FROM sharing AS s
                  WHERE s.community_id = c.community_id AND s.what = 'street_states' AND NOT s.shared)
