"""Tokens of somebody's own, what a token was made for, and when it was used.

Revision: 2026_11_27_token_scopes
Follows: 2026_11_27_sharing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_token_scopes"
down_revision = "2026_11_27_sharing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("token", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("community_id", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("token", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("token", "role", nullable=True)
    for column, table in (("account_id", "account"), ("community_id", "community")):
        op.create_foreign_key(op.f(f"fk_token_{column}"), "token", table, [column], ["id"], ondelete="CASCADE")
        op.create_index(f"ix_token_{column}", "token", [column])
    op.create_check_constraint(op.f("ck_token_role_or_account"), "token", "(account_id IS NULL) = (role IS NOT NULL)")


def downgrade() -> None:
    """Back to the revision before; tokens that would be able to do more there are gone."""
    op.execute("DELETE FROM token WHERE account_id IS NOT NULL OR community_id IS NOT NULL OR scopes IS NOT NULL")
    op.drop_constraint(op.f("ck_token_role_or_account"), "token", type_="check")
    op.alter_column("token", "role", nullable=False)
    for column in ("used_at", "scopes", "community_id", "account_id"):
        op.drop_column("token", column)
