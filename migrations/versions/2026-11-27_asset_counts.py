"""How many things each area holds, for maps of a whole country.

Revision: 2026_11_27_asset_counts
Follows: 2026_11_27_membership
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_asset_counts"
down_revision = "2026_11_27_membership"
branch_labels = None
depends_on = None

FACETS = (
    "'', 'fresh', 'ageing', 'open', 'head', 'heart', 'hands', 'litter', 'greenery', 'meeting', 'children', 'care',"
    " 'culture', 'mobility', 'sharing'"
)
#: What a write leaves: a mark for each area that it touched. Nobody waits for another's mark.
MARK = """
CREATE FUNCTION mark_stale_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM counted_area;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO stale_count (area_id) SELECT DISTINCT area_id FROM newly WHERE area_id IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO stale_count (area_id) SELECT DISTINCT area_id FROM before WHERE area_id IS NOT NULL;
    ELSE
        INSERT INTO stale_count (area_id)
        SELECT area_id FROM newly WHERE area_id IS NOT NULL UNION SELECT area_id FROM before WHERE area_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$
"""
#: The numbers of an area stand at the point of its name.
MOVED = """
CREATE FUNCTION mark_moved_area() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO stale_count (area_id) VALUES (NEW.id);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """To this revision; the service counts what is there within a minute."""
    op.create_table(
        "asset_count",
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("club", sa.Integer(), nullable=False),
        sa.Column("meeting_place", sa.Integer(), nullable=False),
        sa.Column("street_initiative", sa.Integer(), nullable=False),
        sa.Column("institution", sa.Integer(), nullable=False),
        sa.Column("exchange", sa.Integer(), nullable=False),
        sa.Column("story", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"facet IN ({FACETS})", name=op.f("ck_asset_count_facet")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_asset_count_area_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("facet", "area_id", name=op.f("pk_asset_count")),
    )
    op.create_index("ix_asset_count_area_id", "asset_count", ["area_id"])
    op.create_table(
        "counted_area",
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_on", postgresql.DATERANGE(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_counted_area_area_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("area_id", name=op.f("pk_counted_area")),
    )
    op.create_table(
        "stale_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale_count")),
    )
    op.create_index("ix_stale_count_area_id", "stale_count", ["area_id"])
    op.execute(MARK)
    for event, given in (
        ("INSERT", "REFERENCING NEW TABLE AS newly"),
        ("UPDATE", "REFERENCING OLD TABLE AS before NEW TABLE AS newly"),
        ("DELETE", "REFERENCING OLD TABLE AS before"),
        ("TRUNCATE", ""),
    ):
        op.execute(
            f"CREATE TRIGGER mark_stale_counts_{event.lower()} AFTER {event} ON asset {given}"
            " FOR EACH STATEMENT EXECUTE FUNCTION mark_stale_counts()"
        )
    op.execute(MOVED)
    op.execute(
        "CREATE TRIGGER mark_moved_area AFTER UPDATE ON area FOR EACH ROW"
        " WHEN (OLD.label_point IS DISTINCT FROM NEW.label_point) EXECUTE FUNCTION mark_moved_area()"
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("DROP TRIGGER mark_moved_area ON area")
    op.execute("DROP FUNCTION mark_moved_area()")
    for event in ("insert", "update", "delete", "truncate"):
        op.execute(f"DROP TRIGGER mark_stale_counts_{event} ON asset")
    op.execute("DROP FUNCTION mark_stale_counts()")
    op.drop_table("stale_count")
    op.drop_table("counted_area")
    op.drop_table("asset_count")
