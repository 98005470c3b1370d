-- published_conversation: that neighbours were spoken with, where and when; never what was said or by whom.
CREATE VIEW published_conversation AS
SELECT id, street_id, area_id, held_on FROM conversation
