-- facet_holds: whether a published_asset a has a facet on a day. Included by the files that count by facet.
--   :facet text: '' for any, fresh, ageing, open, head, heart, hands or a theme · :on date
  CASE CAST(:facet AS text)
      WHEN '' THEN true
      WHEN 'fresh' THEN a.fresh_on @> CAST(:on AS date)
      WHEN 'ageing' THEN NOT a.fresh_on @> CAST(:on AS date)
      WHEN 'open' THEN a.open_to_newcomers IS TRUE
      WHEN 'head' THEN a.gifts @> '[{"of": "head"}]'
      WHEN 'heart' THEN a.gifts @> '[{"of": "heart"}]'
      WHEN 'hands' THEN a.gifts @> '[{"of": "hands"}]'
      ELSE a.themes @> ARRAY[CAST(:facet AS text)]
  END
