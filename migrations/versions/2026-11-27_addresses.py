"""Addresses, each at a place along its street part.

Revision: 2026_11_27_addresses
Follows: 2026_11_27_measurements
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "2026_11_27_addresses"
down_revision = "2026_11_27_measurements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    srid = int(op.get_bind().scalar(sa.text("SELECT storage_srid FROM deployment")))
    op.create_table(
        "address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("street_part_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("along_mm", sa.Integer(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("geom", Geometry("POINT", srid=srid, spatial_index=False), nullable=False),
        sa.CheckConstraint("length(number) BETWEEN 1 AND 30", name=op.f("ck_address_number")),
        sa.CheckConstraint("along_mm >= 0", name=op.f("ck_address_along")),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_address_street_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["street_part_id"], ["street_part.id"], name=op.f("fk_address_street_part_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
    )
    op.create_index("uq_address_street_id", "address", ["street_id", "number"], unique=True)
    op.create_index("ix_address_street_part_id", "address", ["street_part_id"], postgresql_include=["along_mm"])
    op.execute(
        "CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON address"
        " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
    )
    op.execute(
        "CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON address"
        " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
    )


def downgrade() -> None:
    """Back to the revision before; the counts per street part go with the addresses they were made of."""
    op.execute("UPDATE street_part SET addresses = NULL WHERE addresses IS NOT NULL")
    op.drop_index("ix_address_street_part_id", table_name="address")
    op.drop_index("uq_address_street_id", table_name="address")
    op.drop_table("address")
