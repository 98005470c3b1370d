-- growth_edge: what lives around street parts, as counts of entries that count on a day.
--   :ids bigint[] (street parts) · :on date · :near_m double precision (straight line from the part)
--   switch geometry: :srid of the geometry wanted, :decimals
-- Rows: one per street part, by id: the entries of each kind; with a gift of head, heart or hands the entries
-- that are no persons, and the persons; geometry GeoJSON text. Whoever shows it tells people by assets/people_told.py.
-- A person counts where their place is their street: the point of a neighbourhood says nothing about 200 m.
-- Relies on ix_asset_geom and pk_street_part.
SELECT p.id,
       n.person, n.club, n.meeting_place, n.street_initiative, n.institution, n.exchange, n.story,
       n.head_things, n.heart_things, n.hands_things, n.head_people, n.heart_people, n.hands_people
-- when geometry:
       , ST_AsGeoJSON(ST_Transform(p.geom, CAST(:srid AS integer)), CAST(:decimals AS integer), 0) AS geometry
-- end
FROM published_street_part AS p
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.kind = 'person') AS person,
           count(*) FILTER (WHERE a.kind = 'club') AS club,
           count(*) FILTER (WHERE a.kind = 'meeting_place') AS meeting_place,
           count(*) FILTER (WHERE a.kind = 'street_initiative') AS street_initiative,
           count(*) FILTER (WHERE a.kind = 'institution') AS institution,
           count(*) FILTER (WHERE a.kind = 'exchange') AS exchange,
           count(*) FILTER (WHERE a.kind = 'story') AS story,
           count(*) FILTER (WHERE a.kind <> 'person' AND a.gifts @> '[{"of": "head"}]') AS head_things,
           count(*) FILTER (WHERE a.kind <> 'person' AND a.gifts @> '[{"of": "heart"}]') AS heart_things,
           count(*) FILTER (WHERE a.kind <> 'person' AND a.gifts @> '[{"of": "hands"}]') AS hands_things,
           count(*) FILTER (WHERE a.kind = 'person' AND a.gifts @> '[{"of": "head"}]') AS head_people,
           count(*) FILTER (WHERE a.kind = 'person' AND a.gifts @> '[{"of": "heart"}]') AS heart_people,
           count(*) FILTER (WHERE a.kind = 'person' AND a.gifts @> '[{"of": "hands"}]') AS hands_people
    FROM published_asset AS a
    WHERE ST_DWithin(a.geom, p.geom, :near_m)
      AND a.active_on @> CAST(:on AS date)
      AND a.placement IN ('exact', 'street')
) AS n
WHERE p.id = ANY (CAST(:ids AS bigint[]))
ORDER BY p.id
