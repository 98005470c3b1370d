-- sought: the conditions by which an entry is found, for files with published_asset (or asset) as a. Included by
-- browse_assets and feature_assets. Switched:
--   sought    :query text (tsquery)   in its title, gifts, rhythm or own words
--   contains  :pattern text (LIKE) of the longest word, :patterns text[] of all: or parts of its title or of its gifts
--   placed    :street_ids :area_ids :cared_ids bigint[]: or it is there (by its own street, its area, or a stretch of it)
--   rest      :rest text (tsquery): and the other words are in its texts
--   alike     :phrase text: instead of all these, its title or gifts look like the words (pg_trgm.word_similarity_threshold)
--   gift      :gift text, :gift_json text: a gift of head, heart or hands
--   talent    :talent text (LIKE): a gift in these words · gift_talent: both in one gift
--   open      newcomers are welcome
-- Relies on ix_asset_words, ix_asset_names, ix_asset_talents, ix_asset_gifts, ix_asset_street_id, ix_asset_area_id.
-- when sought:
  AND (a.words @@ to_tsquery('public.vuurtoren', CAST(:query AS text))
-- when contains:
       OR (a.names LIKE CAST(:pattern AS text) AND a.names LIKE ALL (CAST(:patterns AS text[])))
       OR (a.talents LIKE CAST(:pattern AS text) AND a.talents LIKE ALL (CAST(:patterns AS text[])))
-- when placed:
       OR ((a.street_id = ANY (CAST(:street_ids AS bigint[])) OR a.area_id = ANY (CAST(:area_ids AS bigint[]))
            OR a.id = ANY (CAST(:cared_ids AS bigint[])))
-- when rest:
           AND a.words @@ to_tsquery('public.vuurtoren', CAST(:rest AS text))
-- when placed:
          )
-- when sought:
      )
-- when alike:
  AND (CAST(:phrase AS text) <% a.names OR CAST(:phrase AS text) <% a.talents)
-- when gift:
  AND a.gifts @> CAST(:gift_json AS jsonb)
-- when talent:
  AND a.talents LIKE folded(CAST(:talent AS text))
-- when gift_talent:
  AND EXISTS (SELECT FROM jsonb_array_elements(a.gifts) AS g (gift)
              WHERE g.gift ->> 'of' = CAST(:gift AS text) AND folded(g.gift ->> 'what') LIKE folded(CAST(:talent AS text)))
-- when open:
  AND a.open_to_newcomers
-- end
