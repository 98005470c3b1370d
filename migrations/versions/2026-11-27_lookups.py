"""Who looked at what beyond the public map; rows go after a year, by a function that removes nothing younger.

Revision: 2026_11_27_lookups
Follows: 2026_11_27_suggestion_community
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_lookups"
down_revision = "2026_11_27_suggestion_community"
branch_labels = None
depends_on = None

#: As the owner, for the role of the service may not delete; with no path of names that its caller can set.
FORGET = """
CREATE FUNCTION forget_lookups(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM {schema}.lookup WHERE at < least(before, now() - interval '365 days') RETURNING 1
    )
    SELECT count(*) FROM gone
$$
"""


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "lookup",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "quarter",
            sa.BigInteger(),
            server_default=sa.text("floor(extract(epoch FROM now()) / 900)"),
            nullable=False,
        ),
        sa.CheckConstraint("what IN ('plan', 'streets', 'person', 'export')", name=op.f("ck_lookup_what")),
        sa.CheckConstraint(
            "role IN ('visitor', 'member', 'builder', 'steward', 'analyst', 'admin')", name=op.f("ck_lookup_role")
        ),
        sa.CheckConstraint("what <> 'person' OR asset_id IS NOT NULL", name=op.f("ck_lookup_person")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_lookup_area_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_lookup_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_lookup_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookup")),
    )
    op.create_index(
        "uq_lookup_quarter",
        "lookup",
        ["holder", "role", "what", "area_id", "community_id", "asset_id", "quarter"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_lookup_at", "lookup", ["at", "id"])
    for column in ("area_id", "asset_id"):
        op.create_index(
            f"ix_lookup_{column}", "lookup", [column, "at"], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
    op.create_index(
        "ix_lookup_community_id", "lookup", ["community_id"], postgresql_where=sa.text("community_id IS NOT NULL")
    )
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(FORGET.replace("{schema}", str(schema)))
    op.execute("REVOKE EXECUTE ON FUNCTION forget_lookups(timestamptz) FROM PUBLIC")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("DROP FUNCTION forget_lookups(timestamptz)")
    op.drop_table("lookup")
