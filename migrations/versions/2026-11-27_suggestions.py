"""What visitors suggest, and a history that knows what a change is about, who suggested it and what it undoes.

Revision: 2026_11_27_suggestions
Follows: 2026_11_27_sign_in
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "2026_11_27_suggestions"
down_revision = "2026_11_27_sign_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("made_on", JSONB(none_as_null=True), nullable=True),
        sa.Column("draft", JSONB(none_as_null=True), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("suggested_by", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("follow_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('new', 'change', 'confirm', 'changed', 'gone', 'report')", name=op.f("ck_suggestion_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'accepted', 'refused')", name=op.f("ck_suggestion_state")),
        sa.CheckConstraint(
            "CASE kind WHEN 'new' THEN made_on IS NULL AND (state <> 'open' OR draft IS NOT NULL)"
            " WHEN 'change' THEN asset_id IS NOT NULL AND (state <> 'open' OR (draft IS NOT NULL AND made_on IS NOT NULL))"
            " ELSE asset_id IS NOT NULL AND draft IS NULL END",
            name=op.f("ck_suggestion_about"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (state = 'open' OR (contact IS NULL AND draft IS NULL))",
            name=op.f("ck_suggestion_decided"),
        ),
        sa.CheckConstraint("length(note) <= 1000 AND length(answer) <= 500", name=op.f("ck_suggestion_words")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_suggestion_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        sa.UniqueConstraint("follow_hash", name=op.f("uq_suggestion_follow_hash")),
    )
    op.create_index("ix_suggestion_open", "suggestion", ["id"], postgresql_where=sa.text("state = 'open'"))
    op.create_index("ix_suggestion_asset_id", "suggestion", ["asset_id"])
    op.create_index("ix_suggestion_sender", "suggestion", ["sender", "created_at"])
    op.add_column("change", sa.Column("about", ARRAY(sa.BigInteger()), server_default="{}", nullable=False))
    op.add_column("change", sa.Column("undoes", sa.BigInteger(), nullable=True))
    op.add_column("change", sa.Column("suggested_by", sa.Text(), nullable=True))
    op.create_foreign_key("fk_change_undoes", "change", "change", ["undoes"], ["id"])
    op.execute(
        "UPDATE change SET about = ARRAY(SELECT DISTINCT CAST(said->>'asset_id' AS bigint)"
        " FROM unnest(ARRAY[before, after]) AS said WHERE said ? 'asset_id') WHERE subject = 'activity'"
    )
    op.execute("CREATE INDEX ix_change_about ON change USING gin (about) WHERE about <> '{}'")
    op.create_index("ix_change_undoes", "change", ["undoes"], postgresql_where=sa.text("undoes IS NOT NULL"))


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_change_undoes", "change")
    op.drop_index("ix_change_about", "change")
    op.drop_constraint("fk_change_undoes", "change")
    for column in ("suggested_by", "undoes", "about"):
        op.drop_column("change", column)
    op.drop_table("suggestion")
