"""Assets may be connected: member of, meets at, organises, helps.

Revision: 2026_11_27_connections
Follows: 2026_11_27_mail
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_connections"
down_revision = "2026_11_27_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "connection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_connection_two")),
        sa.CheckConstraint("kind IN ('member_of', 'meets_at', 'organises', 'helps')", name=op.f("ck_connection_kind")),
        sa.CheckConstraint("since BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_connection_since")),
        sa.ForeignKeyConstraint(["from_id"], ["asset.id"], name=op.f("fk_connection_from_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["asset.id"], name=op.f("fk_connection_to_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
    )
    op.create_index("uq_connection_from_id_to_id_kind", "connection", ["from_id", "to_id", "kind"], unique=True)
    op.create_index("ix_connection_to_id", "connection", ["to_id"])
    op.execute(
        "CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON connection"
        " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
    )
    op.execute(
        "CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON connection"
        " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("connection")
