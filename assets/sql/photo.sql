-- photo: one photo, by the asset it is of or by its name.
--   switched: of_asset :id bigint, of_key :key text; told, large or small (the file itself);
--             published (what everyone may see), archive (what whoever may change entries sees)
-- Rows: at most one: key, alt, language, width, height, small_width, small_height, digest; or the file.
-- Relies on uq_photo_asset_id, uq_photo_key.
SELECT
-- when large:
    large
-- when small:
    small
-- when told:
    key, alt, language, width, height, small_width, small_height, digest
-- end
-- when published:
FROM published_photo
-- when archive:
FROM (SELECT * FROM photo WHERE was_of IS NULL) AS photo
-- end
WHERE true
-- when of_asset:
  AND asset_id = CAST(:id AS bigint)
-- when of_key:
  AND key = CAST(:key AS text)
-- end
