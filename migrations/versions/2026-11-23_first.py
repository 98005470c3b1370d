"""The first schema: areas, streets, assets and what happens there.

The storage CRS is chosen here, once, and recorded in the table `deployment`.

Revision: 2026_11_23_first
Follows: nothing
"""

import sqlalchemy as sa
from alembic import context, op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "2026_11_23_first"
down_revision = None
branch_labels = None
depends_on = None

#: Tables whose rows people see; a change in one of them raises the version of the data.
VERSIONED = (
    "activity",
    "area",
    "asset",
    "community",
    "consent",
    "conversation",
    "segment",
    "street",
    "street_part",
    "stretch",
    "stretch_part",
)


def upgrade() -> None:
    """To this revision."""
    srid = int(context.config.attributes.get("storage_srid") or 28992)
    for extension in ("postgis", "unaccent", "pg_trgm"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    make_public_role()
    make_functions()
    make_tables(srid)
    op.execute("CREATE INDEX ix_street_name_folded ON street (folded(name) text_pattern_ops)")
    op.execute(f"INSERT INTO deployment (id, storage_srid) VALUES (1, {srid})")
    op.execute("INSERT INTO data_version (version) SELECT 0 FROM generate_series(1, 16)")
    for table in VERSIONED:
        op.execute(
            f"CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
        )
        op.execute(
            f"CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
        )


def make_public_role() -> None:
    """The role for anonymous reading, shared by all databases of the server; this database's user may act as it."""
    op.execute(
        """
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'vuurtoren_public') THEN
                CREATE ROLE vuurtoren_public NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server made it at the same moment
        END $$
        """
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF NOT pg_has_role(current_user, 'vuurtoren_public', 'MEMBER') THEN
                GRANT vuurtoren_public TO CURRENT_USER;
            END IF;
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA public TO vuurtoren_public")


def make_functions() -> None:
    """Names compared without case and accents; and the version of the data, raised once per transaction."""
    op.execute(
        """
        CREATE FUNCTION folded(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
        RETURN lower(public.unaccent('public.unaccent'::regdictionary, words))
        """
    )
    op.execute(
        """
        CREATE FUNCTION raise_data_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        DECLARE
            this_transaction constant text := pg_current_xact_id()::text;
        BEGIN
            IF current_setting('vuurtoren.raised', true) IS DISTINCT FROM this_transaction THEN
                PERFORM set_config('vuurtoren.raised', this_transaction, true);
                -- a counter that no other writer holds, so that writers do not wait for each other
                UPDATE data_version SET version = version + 1
                WHERE shard = (SELECT shard FROM data_version LIMIT 1 FOR UPDATE SKIP LOCKED);
                IF NOT FOUND THEN
                    INSERT INTO data_version (version) VALUES (1);
                END IF;
            END IF;
            RETURN NULL;
        END $$
        """
    )


def make_tables(srid: int) -> None:
    """All tables, with their geometry in the storage CRS."""
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("before", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("after", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index("ix_change_subject", "change", ["subject", "subject_id", "id"], unique=False)
    op.create_table(
        "community",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,59}$'", name=op.f("ck_community_slug")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("slug", name=op.f("uq_community_slug")),
    )
    op.create_table(
        "data_version",
        sa.Column("shard", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_data_version")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("storage_srid", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deployment_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("crs", sa.Text(), nullable=True),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('visitor', 'member', 'builder', 'steward', 'analyst', 'admin')", name=op.f("ck_token_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_token_token_hash")),
    )
    op.create_table(
        "area",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("municipality_id", sa.BigInteger(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("addresses", sa.Integer(), nullable=True),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=srid, spatial_index=False), nullable=False),
        sa.Column(
            "geom_3857",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("label_point", Geometry("POINT", srid=srid, spatial_index=False), nullable=False),
        sa.Column(
            "label_point_3857",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("st_transform(label_point, 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('municipality', 'district', 'neighbourhood')", name=op.f("ck_area_kind")),
        sa.CheckConstraint(
            "length(code) BETWEEN 1 AND 40 AND length(name) BETWEEN 1 AND 200", name=op.f("ck_area_words")
        ),
        sa.CheckConstraint("population >= 0 AND households >= 0 AND addresses >= 0", name=op.f("ck_area_counts")),
        sa.CheckConstraint("st_isvalid(geom) AND NOT st_isempty(geom)", name=op.f("ck_area_geom")),
        sa.ForeignKeyConstraint(["district_id"], ["area.id"], name=op.f("fk_area_district_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_area_import_batch_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["area.id"], name=op.f("fk_area_municipality_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("code", name=op.f("uq_area_code")),
    )
    op.create_index("ix_area_district_id", "area", ["district_id"], unique=False)
    op.create_index("ix_area_geom", "area", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_area_geom_3857", "area", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_area_municipality_id", "area", ["municipality_id"], unique=False)
    op.create_index("ix_area_parent_id", "area", ["parent_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["token.id"], name=op.f("fk_idempotency_key_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "street",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("municipality", sa.Text(), nullable=True),
        sa.Column("piece", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("vanished_on", sa.Date(), nullable=True),
        sa.Column("import_batch_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_street_name")),
        sa.CheckConstraint("piece >= 0", name=op.f("ck_street_piece")),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_street_import_batch_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street")),
    )
    op.create_index("ix_street_name", "street", ["name"], unique=False)
    op.create_index(
        "uq_street_identity",
        "street",
        ["municipality_code", "name", "piece"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "asset",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("themes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("gifts", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("placement", sa.Text(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("street_id", sa.BigInteger(), nullable=True),
        sa.Column("geom", Geometry("GEOMETRY", srid=srid, spatial_index=False), nullable=True),
        sa.Column(
            "geom_3857",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("rhythm", sa.Text(), nullable=True),
        sa.Column("open_to_newcomers", sa.Boolean(), nullable=True),
        sa.Column("resident_run", sa.Boolean(), nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), server_default="nl", nullable=False),
        sa.Column("signs", sa.ARRAY(sa.Date()), server_default="{}", nullable=False),
        sa.Column("active_on", postgresql.DATEMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("fresh_on", postgresql.DATEMULTIRANGE(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "CASE kind WHEN 'person' THEN placement <> 'exact' AND (placement = 'none') = (geom IS NULL) AND (geom IS NULL OR geometrytype(geom) = 'POINT') WHEN 'street_initiative' THEN placement = 'exact' AND geom IS NOT NULL AND geometrytype(geom) = 'MULTILINESTRING' ELSE placement = 'exact' AND geom IS NOT NULL AND geometrytype(geom) IN ('POINT', 'POLYGON', 'MULTIPOLYGON') END",
            name=op.f("ck_asset_geom"),
        ),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on BETWEEN started_on AND '2200-12-31'", name=op.f("ck_asset_dates")
        ),
        sa.CheckConstraint("jsonb_typeof(gifts) = 'array'", name=op.f("ck_asset_gifts")),
        sa.CheckConstraint(
            "kind IN ('person', 'club', 'meeting_place', 'street_initiative', 'institution', 'exchange', 'story')",
            name=op.f("ck_asset_kind"),
        ),
        sa.CheckConstraint(
            "placement IN ('exact', 'street', 'neighbourhood', 'none')", name=op.f("ck_asset_placement")
        ),
        sa.CheckConstraint("started_on BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_asset_started_on")),
        sa.CheckConstraint("state IN ('suggested', 'published', 'retired')", name=op.f("ck_asset_state")),
        sa.CheckConstraint(
            "themes <@ ARRAY['litter', 'greenery', 'meeting', 'children', 'care', 'culture', 'mobility', 'sharing']",
            name=op.f("ck_asset_themes"),
        ),
        sa.CheckConstraint(
            "geom IS NULL OR (st_isvalid(geom) AND NOT st_isempty(geom))", name=op.f("ck_asset_geom_valid")
        ),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 200 AND length(description) <= 4000", name=op.f("ck_asset_words")
        ),
        sa.CheckConstraint("member_count BETWEEN 0 AND 100000", name=op.f("ck_asset_member_count")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_asset_area_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_asset_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_asset_street_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
    )
    op.create_index("ix_asset_area_id", "asset", ["area_id"], unique=False)
    op.create_index("ix_asset_community_id", "asset", ["community_id"], unique=False)
    op.create_index("ix_asset_geom", "asset", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_asset_geom_3857", "asset", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_asset_kind_id", "asset", ["kind", "id"], unique=False)
    op.create_index("uq_asset_source", "asset", ["source", "source_key"], unique=True)
    op.create_table(
        "conversation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("neighbours", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("held_on BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_conversation_held_on")),
        sa.CheckConstraint("neighbours BETWEEN 1 AND 10000", name=op.f("ck_conversation_neighbours")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_conversation_area_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_conversation_street_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index("ix_conversation_street_id_held_on", "conversation", ["street_id", "held_on"], unique=False)
    op.create_table(
        "segment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("road_class", sa.Text(), nullable=True),
        sa.Column("bridge", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("tunnel", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("geom", Geometry("LINESTRING", srid=srid, spatial_index=False), nullable=False),
        sa.Column(
            "geom_3857",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_segment_area_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_segment_street_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
    )
    op.create_index("ix_segment_area_id", "segment", ["area_id"], unique=False)
    op.create_index("ix_segment_geom", "segment", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_segment_geom_3857", "segment", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_segment_source", "segment", ["source"], unique=False)
    op.create_index("ix_segment_street_id", "segment", ["street_id"], unique=False)
    op.create_table(
        "street_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("addresses", sa.Integer(), nullable=True),
        sa.Column("road_class", sa.Text(), nullable=True),
        sa.Column("geom", Geometry("MULTILINESTRING", srid=srid, spatial_index=False), nullable=False),
        sa.Column(
            "geom_3857",
            Geometry("GEOMETRY", srid=3857, spatial_index=False),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("addresses >= 0", name=op.f("ck_street_part_addresses")),
        sa.CheckConstraint("length_m > 0", name=op.f("ck_street_part_length")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_street_part_area_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["street_id"], ["street.id"], name=op.f("fk_street_part_street_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street_part")),
    )
    op.create_index("ix_street_part_area_id", "street_part", ["area_id"], unique=False)
    op.create_index("ix_street_part_geom", "street_part", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_street_part_geom_3857", "street_part", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(
        "uq_street_part_identity",
        "street_part",
        ["street_id", "area_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("held_on BETWEEN '1900-01-01' AND '2200-12-31'", name=op.f("ck_activity_held_on")),
        sa.CheckConstraint("kind IN ('activity', 'confirmation')", name=op.f("ck_activity_kind")),
        sa.CheckConstraint("participants BETWEEN 1 AND 100000", name=op.f("ck_activity_participants")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_activity_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index("ix_activity_asset_id_held_on", "activity", ["asset_id", "held_on"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience IN ('public', 'community', 'builders')", name=op.f("ck_consent_audience")),
        sa.CheckConstraint("expires_on > given_on", name=op.f("ck_consent_dates")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_consent_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_asset_id", "consent", ["asset_id"], unique=False)
    op.create_table(
        "stretch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("street_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("whole_street", sa.Boolean(), nullable=False),
        sa.Column("drawn", Geometry("LINESTRING", srid=srid, spatial_index=False), nullable=True),
        sa.Column("geom", Geometry("MULTILINESTRING", srid=srid, spatial_index=False), nullable=False),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.CheckConstraint("length_m > 0", name=op.f("ck_stretch_length")),
        sa.CheckConstraint("whole_street OR drawn IS NOT NULL", name=op.f("ck_stretch_drawn")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_stretch_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["street_id"], ["street.id"], name=op.f("fk_stretch_street_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stretch")),
    )
    op.create_index("ix_stretch_asset_id", "stretch", ["asset_id"], unique=False)
    op.create_index("ix_stretch_geom", "stretch", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_stretch_street_id", "stretch", ["street_id"], unique=False)
    op.create_table(
        "stretch_part",
        sa.Column("stretch_id", sa.BigInteger(), nullable=False),
        sa.Column("street_part_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("covered", postgresql.INT4MULTIRANGE(), nullable=False),
        sa.Column("covered_m", sa.Double(), nullable=False),
        sa.CheckConstraint("NOT isempty(covered)", name=op.f("ck_stretch_part_covered")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_stretch_part_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["street_part_id"], ["street_part.id"], name=op.f("fk_stretch_part_street_part_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stretch_id"], ["stretch.id"], name=op.f("fk_stretch_part_stretch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stretch_id", "street_part_id", name=op.f("pk_stretch_part")),
    )
    op.create_index("ix_stretch_part_asset_id", "stretch_part", ["asset_id"], unique=False)
    op.create_index(
        "ix_stretch_part_street_part_id",
        "stretch_part",
        ["street_part_id"],
        unique=False,
        postgresql_include=["asset_id"],
    )


def downgrade() -> None:
    """Back to an empty database; the extensions stay, and so does the role when another database uses it."""
    drop_tables()
    op.execute("DROP FUNCTION raise_data_version()")
    op.execute("DROP FUNCTION folded(text)")
    op.execute("DROP OWNED BY vuurtoren_public")
    op.execute(
        """
        DO $$
        BEGIN
            DROP ROLE vuurtoren_public;
        EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
            NULL;  -- another database of this server still uses it, or the administrator made it
        END $$
        """
    )


def drop_tables() -> None:
    """All tables, the dependent ones first."""
    op.drop_index("ix_stretch_part_street_part_id", table_name="stretch_part", postgresql_include=["asset_id"])
    op.drop_index("ix_stretch_part_asset_id", table_name="stretch_part")
    op.drop_table("stretch_part")
    op.drop_index("ix_stretch_street_id", table_name="stretch")
    op.drop_index("ix_stretch_geom", table_name="stretch", postgresql_using="gist")
    op.drop_index("ix_stretch_asset_id", table_name="stretch")
    op.drop_table("stretch")
    op.drop_index("ix_consent_asset_id", table_name="consent")
    op.drop_table("consent")
    op.drop_index("ix_activity_asset_id_held_on", table_name="activity")
    op.drop_table("activity")
    op.drop_index("uq_street_part_identity", table_name="street_part", postgresql_nulls_not_distinct=True)
    op.drop_index("ix_street_part_geom_3857", table_name="street_part", postgresql_using="gist")
    op.drop_index("ix_street_part_geom", table_name="street_part", postgresql_using="gist")
    op.drop_index("ix_street_part_area_id", table_name="street_part")
    op.drop_table("street_part")
    op.drop_index("ix_segment_street_id", table_name="segment")
    op.drop_index("ix_segment_source", table_name="segment")
    op.drop_index("ix_segment_geom_3857", table_name="segment", postgresql_using="gist")
    op.drop_index("ix_segment_geom", table_name="segment", postgresql_using="gist")
    op.drop_index("ix_segment_area_id", table_name="segment")
    op.drop_table("segment")
    op.drop_index("ix_conversation_street_id_held_on", table_name="conversation")
    op.drop_table("conversation")
    op.drop_index("uq_asset_source", table_name="asset")
    op.drop_index("ix_asset_kind_id", table_name="asset")
    op.drop_index("ix_asset_geom_3857", table_name="asset", postgresql_using="gist")
    op.drop_index("ix_asset_geom", table_name="asset", postgresql_using="gist")
    op.drop_index("ix_asset_community_id", table_name="asset")
    op.drop_index("ix_asset_area_id", table_name="asset")
    op.drop_table("asset")
    op.drop_index("uq_street_identity", table_name="street", postgresql_nulls_not_distinct=True)
    op.drop_index("ix_street_name", table_name="street")
    op.drop_table("street")
    op.drop_table("idempotency_key")
    op.drop_index("ix_area_parent_id", table_name="area")
    op.drop_index("ix_area_municipality_id", table_name="area")
    op.drop_index("ix_area_geom_3857", table_name="area", postgresql_using="gist")
    op.drop_index("ix_area_geom", table_name="area", postgresql_using="gist")
    op.drop_index("ix_area_district_id", table_name="area")
    op.drop_table("area")
    op.drop_table("token")
    op.drop_table("import_batch")
    op.drop_table("deployment")
    op.drop_table("data_version")
    op.drop_table("community")
    op.drop_index("ix_change_subject", table_name="change")
    op.drop_table("change")
