-- tile_box: the tile, and the box with a margin in which features are looked for. Included by the tile files.
--   :west :south :east :north  metres in EPSG:3857
-- The margin of 1/16 tile holds the half width of lines, pins and names that stick out of the neighbouring tile.
tile AS (
    SELECT ST_MakeEnvelope(:west, :south, :east, :north, 3857) AS box,
           ST_Expand(ST_MakeEnvelope(:west, :south, :east, :north, 3857),
                     (CAST(:east AS double precision) - CAST(:west AS double precision)) / 16) AS wide
)
