-- published_asset: entries that everyone may see. A person only with a consent for the public that holds today.
-- The way to the owner (created_by, source) is left out. words, names and talents say the same again, for searching.
CREATE VIEW published_asset AS
SELECT a.id, a.community_id, a.kind, a.title, a.description, a.themes, a.gifts, a.started_on, a.ended_on, a.placement,
       a.area_id, a.street_id, a.geom, a.geom_3857, a.rhythm, a.recurrence, a.recurrence_start, a.recurrence_minutes,
       a.open_to_newcomers, a.resident_run, a.wheelchair_accessible, a.member_count, a.language, a.active_on, a.fresh_on, a.version,
       a.created_at, a.changed_at, a.words, a.names, a.talents
FROM asset AS a
WHERE a.state = 'published'
  AND (a.kind <> 'person' OR EXISTS (
      SELECT 1 FROM consent AS c
      WHERE c.asset_id = a.id AND c.audience = 'public' AND c.withdrawn_at IS NULL
        AND c.given_on <= CURRENT_DATE AND c.expires_on > CURRENT_DATE))
