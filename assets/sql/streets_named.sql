-- streets_named: names of streets that stand somewhere in a text.
--   :words  text  the text, in small letters
-- Rows: name. Reads every name: a text about a person with a number in it is written now and then.
-- Relies on published_street.
SELECT DISTINCT s.name FROM published_street AS s
WHERE length(s.name) > 2 AND position(lower(s.name) IN CAST(:words AS text)) > 0
