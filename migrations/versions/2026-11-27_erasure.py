"""What was erased, and which mails tell of what.

Revision: 2026_11_27_erasure
Follows: 2026_11_27_personal_link
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_erasure"
down_revision = "2026_11_27_personal_link"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("source_mark", sa.Text(), nullable=True),
        sa.Column("made_by", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("consents", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("uq_erasure_identity", "erasure", ["identity"], unique=True)
    op.create_index("ix_erasure_source_mark", "erasure", ["source_mark"])
    op.add_column("mail", sa.Column("about", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))


def downgrade() -> None:
    """Back to the revision before; what was erased stays erased, and only the list beside the database knows of it."""
    op.drop_column("mail", "about")
    op.drop_table("erasure")
