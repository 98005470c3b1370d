"""Sharing: what each community shares with the municipality, and why.

Revision: 2026_11_27_sharing
Follows: 2026_11_27_talk_community
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_sharing"
down_revision = "2026_11_27_talk_community"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "sharing",
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "what IN ('street_states', 'activity_counts', 'conversations', 'contact')", name=op.f("ck_sharing_what")
        ),
        sa.CheckConstraint("what <> 'contact' OR NOT shared", name=op.f("ck_sharing_contact")),
        sa.CheckConstraint("length(reason) <= 300", name=op.f("ck_sharing_reason")),
        sa.CheckConstraint(
            "shared = (what IN ('street_states', 'activity_counts')) OR length(reason) > 0",
            name=op.f("ck_sharing_why"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_sharing_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "what", name=op.f("pk_sharing")),
    )
    # a plan that somebody holds is another one when a community shares something else
    for name, event, per in (
        ("raise_data_version", "INSERT OR UPDATE OR DELETE", "ROW"),
        ("raise_data_version_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON sharing FOR EACH {per} EXECUTE FUNCTION raise_data_version()"
        )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("sharing")
