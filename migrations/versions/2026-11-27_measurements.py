"""Litter that was counted in a box of street, and the level that areas want to reach.

Revision: 2026_11_27_measurements
Follows: 2026_11_27_street_graph
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "2026_11_27_measurements"
down_revision = "2026_11_27_street_graph"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    srid = op.get_bind().execute(sa.text("SELECT storage_srid FROM deployment")).scalar_one()
    op.create_table(
        "measurement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("street_part_id", sa.BigInteger(), nullable=True),
        sa.Column("geom", Geometry("POINT", srid=srid, spatial_index=False), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("box_m2", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("box_m2 BETWEEN 0.1 AND 10000", name=op.f("ck_measurement_box_m2")),
        sa.CheckConstraint("count BETWEEN 0 AND 1000000", name=op.f("ck_measurement_count")),
        sa.CheckConstraint("kind IN ('coarse', 'fine')", name=op.f("ck_measurement_kind")),
        sa.CheckConstraint(
            "measured_on BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_measurement_measured_on")
        ),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_measurement_street_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["street_part_id"], ["street_part.id"], name=op.f("fk_measurement_street_part_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
    )
    op.create_index("ix_measurement_geom", "measurement", ["geom"], postgresql_using="gist")
    op.create_index("ix_measurement_street_id", "measurement", ["street_id"])
    op.create_index("ix_measurement_street_part_id_measured_on", "measurement", ["street_part_id", "measured_on"])
    op.create_index("uq_measurement_source", "measurement", ["source", "source_key"], unique=True)
    op.create_table(
        "ambition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("level IN ('A+', 'A', 'B', 'C', 'D')", name=op.f("ck_ambition_level")),
        sa.CheckConstraint("since BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_ambition_since")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_ambition_area_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ambition")),
    )
    op.create_index("uq_ambition_area_id_since", "ambition", ["area_id", "since"], unique=True)
    for table in ("measurement", "ambition"):
        op.execute(
            f"CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
        )
        op.execute(
            f"CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
        )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("ambition")
    op.drop_table("measurement")
