-- import_new_streets: store the streets of a file that are not known, and note their ids.
--   :source text · :batch_id bigint
-- Rows: none; writes street, and street_id of incoming_street (temporary).
WITH made AS (
    INSERT INTO street (name, municipality_code, municipality, piece, fingerprint, source, import_batch_id)
    SELECT name, municipality_code, municipality, piece, '', CAST(:source AS text), CAST(:batch_id AS bigint)
    FROM incoming_street
    WHERE is_new
    ORDER BY municipality_code, name, piece
    RETURNING id, name, municipality_code, piece
)
UPDATE incoming_street AS i
SET street_id = made.id
FROM made
WHERE i.is_new AND i.name = made.name AND i.piece = made.piece
  AND i.municipality_code IS NOT DISTINCT FROM made.municipality_code
RETURNING i.street_id AS id
