"""Entries may have a photo.

Revision: 2026_11_27_photos
Follows: 2026_11_27_wheelchair
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_photos"
down_revision = "2026_11_27_wheelchair"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "photo",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("suggestion_id", sa.BigInteger(), nullable=True),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("small_width", sa.Integer(), nullable=False),
        sa.Column("small_height", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(asset_id, suggestion_id) = 1", name=op.f("ck_photo_of_one")),
        sa.CheckConstraint("length(alt) BETWEEN 1 AND 300", name=op.f("ck_photo_alt")),
        sa.CheckConstraint("least(width, height, small_width, small_height) > 0", name=op.f("ck_photo_size")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_photo_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_photo_suggestion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    # a JPEG is packed already: packing it again costs time and saves nothing
    for column in ("large", "small"):
        op.execute(f"ALTER TABLE photo ALTER COLUMN {column} SET STORAGE EXTERNAL")
    op.create_index("uq_photo_key", "photo", ["key"], unique=True)
    op.create_index("uq_photo_asset_id", "photo", ["asset_id"], unique=True)
    op.create_index("uq_photo_suggestion_id", "photo", ["suggestion_id"], unique=True)
    op.execute(
        "CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON photo"
        " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
    )
    op.execute(
        "CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON photo"
        " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
    )


def downgrade() -> None:
    """Back to the revision before; photos go."""
    op.drop_table("photo")
