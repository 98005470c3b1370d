-- look_alikes: entries of one kind near a place whose title looks like one; the likest first, at most 5.
--   :kind    text              AssetKind
--   :title   text              the title as typed
--   :near    geometry          storage CRS, hex EWKB
--   :metres  double precision  how near
--   :least   real              similarity at least (0 to 1); of one title inside the other, the square root of it
--   switched: :except bigint (the entry itself, when it is changed); published | archive
-- Rows: id, title, language (of the title), area_name, street, metres, likeness.
-- Relies on published_asset (or asset, when `archive`: what only builders may see), published_area, published_street,
-- ix_asset_geom, is_closed (nobody meets who withdrew), folded (case and accents do not matter).
SELECT f.id, f.title, f.language, n.name AS area_name, s.name AS street, f.metres, f.likeness
FROM (
    SELECT a.id, a.title, a.language, a.area_id, a.street_id, ST_Distance(a.geom, CAST(:near AS geometry)) AS metres,
        GREATEST(
            similarity(folded(a.title), folded(CAST(:title AS text))),
            word_similarity(folded(a.title), folded(CAST(:title AS text))) ^ 2,
            word_similarity(folded(CAST(:title AS text)), folded(a.title)) ^ 2) AS likeness
-- when published:
    FROM published_asset AS a
-- when archive:
    FROM asset AS a
-- end
    WHERE a.kind = CAST(:kind AS text)
      AND ST_DWithin(a.geom, CAST(:near AS geometry), CAST(:metres AS double precision))
-- when archive:
      AND a.state = 'published'
      AND NOT is_closed(a.id)
-- when except:
      AND a.id <> CAST(:except AS bigint)
-- end
) AS f
LEFT JOIN published_area AS n ON n.id = f.area_id
LEFT JOIN published_street AS s ON s.id = f.street_id
WHERE f.likeness >= CAST(:least AS real)
ORDER BY f.likeness DESC, f.metres, f.id
LIMIT 5
