"""Finding things by their words: what an entry says as a text search document, and names without accents by trigram.

Measured on 1,000,000 assets and 304,500 streets: docs/decisions/0028.

Revision: 2026_11_27_search
Follows: 2026_11_27_connections
"""

from alembic import op

revision = "2026_11_27_search"
down_revision = "2026_11_27_connections"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_asset_words", "asset", "gin (words)"),
    ("ix_asset_names", "asset", "gin (names gin_trgm_ops)"),
    ("ix_asset_talents", "asset", "gin (talents gin_trgm_ops)"),
    ("ix_asset_gifts", "asset", "gin (gifts jsonb_path_ops)"),
    ("ix_asset_street_id", "asset", "btree (street_id)"),
    ("ix_street_name_alike", "street", "gin (folded(name) gin_trgm_ops)"),
    ("ix_area_name_alike", "area", "gin (folded(name) gin_trgm_ops)"),
    ("ix_area_name_folded", "area", "btree (folded(name) text_pattern_ops)"),
)


def upgrade() -> None:
    """To this revision; the database fills the columns from what stands there."""
    op.execute("CREATE TEXT SEARCH CONFIGURATION public.vuurtoren (COPY = pg_catalog.dutch)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION public.vuurtoren ALTER MAPPING FOR hword, hword_part, word"
        " WITH public.unaccent, pg_catalog.dutch_stem"
    )
    op.execute(
        """
        CREATE FUNCTION talents_of(gifts jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
        RETURN (
            SELECT public.folded(string_agg(g.gift ->> 'what', ' / '))
            FROM jsonb_array_elements(CASE WHEN jsonb_typeof(gifts) = 'array' THEN gifts END) AS g (gift))
        """
    )
    op.execute(
        """
        CREATE FUNCTION words_of(title text, gifts jsonb, rhythm text, description text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE PARALLEL SAFE
        RETURN setweight(to_tsvector('public.vuurtoren'::regconfig, title), 'A')
            || setweight(to_tsvector('public.vuurtoren'::regconfig, COALESCE(public.talents_of(gifts), '')), 'B')
            || setweight(to_tsvector('public.vuurtoren'::regconfig, concat_ws(' ', rhythm, description)), 'C')
        """
    )
    op.execute(
        """
        ALTER TABLE asset
            ADD COLUMN words tsvector GENERATED ALWAYS AS (words_of(title, gifts, rhythm, description)) STORED,
            ADD COLUMN names text GENERATED ALWAYS AS (folded(title)) STORED,
            ADD COLUMN talents text GENERATED ALWAYS AS (talents_of(gifts)) STORED
        """
    )
    for name, table, how in INDEXES:
        op.execute(f"CREATE INDEX {name} ON {table} USING {how}")


def downgrade() -> None:
    """Back to the revision before."""
    for name, _, _ in reversed(INDEXES):
        op.execute(f"DROP INDEX {name}")
    for column in ("talents", "names", "words"):
        op.drop_column("asset", column)
    op.execute("DROP FUNCTION words_of(text, jsonb, text, text)")
    op.execute("DROP FUNCTION talents_of(jsonb)")
    op.execute("DROP TEXT SEARCH CONFIGURATION public.vuurtoren")
