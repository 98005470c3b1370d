"""The name of a closed account goes a year after it was closed, also from what it did.

Revision: 2026_11_27_former_members
Follows: 2026_11_27_bundled_mails
"""

import sqlalchemy as sa
from alembic import op

from migrations.roles import APP_ROLE

revision = "2026_11_27_former_members"
down_revision = "2026_11_27_bundled_mails"
branch_labels = None
depends_on = None

#: As the owner, for the role of the service may not change who recorded a consent; with no path of names that its
#: caller can set. The columns are those of the database, so that none is forgotten: each text called `by` or `…_by`,
#: and the same keys in what the history keeps. The name of a program begins with that of its owner (assets/names.py).
FORGET = """
CREATE FUNCTION forget_accounts(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone bigint;
    names text[];
    place record;
    value text;
BEGIN
    WITH closed AS (
        DELETE FROM {schema}.account WHERE closed_at < least(before, now() - interval '365 days') RETURNING name
    )
    SELECT count(*), array_agg(DISTINCT name) INTO gone, names FROM closed;
    names := ARRAY(
        SELECT n FROM unnest(names) AS n
        WHERE NOT EXISTS (SELECT FROM {schema}.account AS a WHERE lower(a.name) = lower(n))
            AND NOT EXISTS (SELECT FROM {schema}.token AS t WHERE t.account_id IS NULL AND t.name = n)
    );
    IF cardinality(names) = 0 THEN
        RETURN gone;
    END IF;
    FOR place IN
        SELECT c.oid::regclass AS tab, quote_ident(a.attname) AS col
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p') AND a.atttypid = 'text'::regtype
            AND a.attname ~ '(^|_)by$'
    LOOP
        EXECUTE format(
            'UPDATE %s SET %s = ''former member'' WHERE split_part(%s, '' · '', 1) = ANY ($1)',
            place.tab, place.col, place.col
        ) USING names;
    END LOOP;
    FOREACH value IN ARRAY ARRAY['before', 'after'] LOOP
        EXECUTE format(
            'UPDATE {schema}.change SET %1$I = (
                SELECT jsonb_object_agg(e.key, CASE WHEN e.key ~ ''(^|_)by$'' AND e.value #>> ''{}'' = ANY ($1)
                    THEN to_jsonb(''former member''::text) ELSE e.value END) FROM jsonb_each(%1$I) AS e)
             WHERE jsonb_typeof(%1$I) = ''object'' AND EXISTS (
                SELECT FROM jsonb_each(%1$I) AS e WHERE e.key ~ ''(^|_)by$'' AND e.value #>> ''{}'' = ANY ($1))',
            value
        ) USING names;
    END LOOP;
    RETURN gone;
END
$$
"""


def upgrade() -> None:
    """To this revision."""
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    made = FORGET.replace("{schema}", str(schema)).replace(":", r"\:")
    op.execute(sa.text(made))
    op.execute("REVOKE EXECUTE ON FUNCTION forget_accounts(timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_accounts(timestamptz) TO {APP_ROLE}")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("DROP FUNCTION forget_accounts(timestamptz)")
