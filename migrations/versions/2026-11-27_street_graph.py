"""The street graph: lines for walking, cut where they join others.

A database that has streets already gets its graph by `vuurtoren rebuild`, or with the next import of streets.

Revision: 2026_11_27_street_graph
Follows: 2026_11_27_energy
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_street_graph"
down_revision = "2026_11_27_energy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "street_edge",
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("start_m", sa.Double(), nullable=False),
        sa.Column("end_m", sa.Double(), nullable=False),
        sa.Column("from_node", sa.BigInteger(), nullable=False),
        sa.Column("to_node", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("start_m >= 0 AND end_m > start_m", name=op.f("ck_street_edge_metres")),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segment.id"], name=op.f("fk_street_edge_segment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("segment_id", "start_m", name=op.f("pk_street_edge")),
    )
    op.create_index("ix_street_edge_from_node", "street_edge", ["from_node"])
    op.create_index("ix_street_edge_to_node", "street_edge", ["to_node"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("street_edge")
