"""What each asset adds to the energy of street parts, kept as a sum at a fixed epoch.

Revision: 2026_11_27_energy
Follows: 2026_11_23_in_name_order
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_energy"
down_revision = "2026_11_23_in_name_order"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; what there is already is filled in by the statement that keeps it."""
    op.create_table(
        "energy_share",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("street_part_id", sa.BigInteger(), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("energy_at_epoch", sa.Double(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("counts_on", postgresql.DATEMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_energy_share_share")),
        sa.CheckConstraint("energy_at_epoch > 0 AND energy_at_epoch < 'Infinity'", name=op.f("ck_energy_share_energy")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_energy_share_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["street_part_id"], ["street_part.id"], name=op.f("fk_energy_share_street_part_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_energy_share")),
    )
    op.create_index(
        "uq_energy_share_identity",
        "energy_share",
        ["asset_id", "street_part_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_energy_share_street_part_id", "energy_share", ["street_part_id"])
    for timing, event, per in (("", "INSERT OR UPDATE OR DELETE", "ROW"), ("_truncate", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER raise_data_version{timing} AFTER {event} ON energy_share"
            f" FOR EACH {per} EXECUTE FUNCTION raise_data_version()"
        )
    op.execute(FILL)


#: The rule as it stood on the day of this migration (assets/sql/keep_energy.sql), for all activities at once.
FILL = """
WITH chosen AS (
    SELECT a.id, a.kind, a.geom, CASE WHEN a.state = 'published' THEN a.active_on ELSE '{}' END AS counts_on,
           sum(sqrt(CAST(t.participants AS double precision))
               * power(CAST(2 AS double precision), (t.held_on - DATE '2000-01-01') / CAST(90 AS double precision))
               ORDER BY t.held_on, t.id) AS energy,
           max(t.held_on) AS last_on
    FROM asset AS a
    JOIN activity AS t ON t.asset_id = a.id
    GROUP BY a.id
), covered AS (
    SELECT l.asset_id, l.street_part_id,
           (SELECT sum(upper(r) - lower(r)) FROM unnest(range_agg(l.covered)) AS r) AS covered_mm
    FROM stretch_part AS l
    JOIN chosen AS c ON c.id = l.asset_id
    GROUP BY l.asset_id, l.street_part_id
), wanted AS (
    SELECT v.asset_id, v.street_part_id,
           CAST(v.covered_mm AS double precision) / sum(v.covered_mm) OVER (PARTITION BY v.asset_id) AS share
    FROM covered AS v
    UNION ALL
    SELECT c.id, near.id, 1
    FROM chosen AS c
    LEFT JOIN LATERAL (
        SELECT p.id
        FROM street_part AS p
        WHERE c.kind <> 'person' AND ST_DWithin(p.geom, c.geom, 250)
        ORDER BY ST_Distance(p.geom, c.geom), p.id
        LIMIT 1
    ) AS near ON true
    WHERE NOT EXISTS (SELECT FROM covered AS v WHERE v.asset_id = c.id)
)
INSERT INTO energy_share (asset_id, street_part_id, share, energy_at_epoch, last_on, counts_on)
SELECT w.asset_id, w.street_part_id, w.share, w.share * c.energy, c.last_on, c.counts_on
FROM wanted AS w
JOIN chosen AS c ON c.id = w.asset_id
"""


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_table("energy_share")
