"""What the role of the service may not do: change the schema, rewrite what is only added to, see another community."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies, database
from assets import accounts, sign_ins, walls
from assets.errors import NotFound
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for

#: Tables of which the service may read and add rows, and neither change nor remove one.
APPEND_ONLY = {"departure", "lookup"}
#: Tables of which it changes these columns only: what was agreed to is not rewritten.
CHANGED = {
    "consent": {"withdrawn_at"},
    "erasure": {"consents"},
    "change": {"before", "after", "about", "undoes", "by"},
}
#: Tables that migrations write and the service only reads.
READ_ONLY = {"alembic_version", "deployment"}


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module, as its owner."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def login_url(databases: Databases, url: str) -> str:
    """The same, signed in as the service does on the private cluster: as nobody else can it act."""
    return databases.cluster.url_of(url.partition("@/")[2].partition("?")[0], user="vuurtoren_app")


@pytest.fixture(params=["acting", "signed in"])
def service(
    request: pytest.FixtureRequest, url: str, login_url: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the service: as the owner who acts as its role, and with a user of its own."""
    named = database.libpq_url(url if request.param == "acting" else login_url)
    with psycopg.connect(named, autocommit=True, options=database.AS_APP) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE EXTENSION dblink",
        "CREATE ROLE mine",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE TRIGGER mine BEFORE INSERT ON asset FOR EACH ROW EXECUTE FUNCTION raise_data_version()",
        "CREATE INDEX ON asset (title)",
        "ALTER TABLE asset ADD COLUMN mine int",
        "ALTER TABLE asset DISABLE TRIGGER raise_data_version",
        "ALTER TABLE asset DROP CONSTRAINT ck_asset_words",
        "ALTER TABLE asset OWNER TO vuurtoren_app",
        "ALTER TABLE conversation DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE suggestion NO FORCE ROW LEVEL SECURITY",
        "ALTER POLICY of_community ON invitation USING (true)",
        "CREATE POLICY all_of_it ON suggestion USING (true)",
        "ALTER VIEW published_asset RENAME TO mine",
        "ALTER ROLE vuurtoren_public LOGIN",
        "DROP POLICY of_community ON conversation",
        "DROP TABLE consent",
        "DROP VIEW published_asset",
        "DROP TRIGGER raise_data_version ON asset",
        "DROP FUNCTION forget_lookups(timestamptz)",
        "TRUNCATE consent",
        "GRANT vuurtoren TO vuurtoren_app",
        "SET session_replication_role = replica",
        "COPY asset TO PROGRAM 'cat'",
        "COPY asset TO '/tmp/assets'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT setval('procrastinate_jobs_id_seq', 1)",
        "UPDATE alembic_version SET version_num = 'x'",
        "DELETE FROM alembic_version",
        "UPDATE deployment SET created_at = now()",
        "INSERT INTO alembic_version VALUES ('x')",
        "UPDATE lookup SET by = 'x'",
        "UPDATE consent SET audience = 'public', expires_on = '2100-01-01'",
        "DELETE FROM erasure",
        "DELETE FROM lookup",
        "SELECT set_config('role', 'postgres', false)",
    ],
)
def test_the_service_cannot(service: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    """Change the schema, hand out rights, leave the database, or rewrite what is only added to."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement)  # type: ignore[call-overload]


def test_granting_on_what_is_not_its_own_gives_nothing(service: psycopg.Connection[tuple[object, ...]]) -> None:
    """No table, view or function can be handed on by the service; PostgreSQL says so in a warning only."""
    service.execute("GRANT SELECT ON asset TO vuurtoren_public")
    service.execute("GRANT SELECT ON consent TO PUBLIC")
    for table in ("asset", "consent"):
        asked = f"SELECT has_table_privilege('vuurtoren_public', '{table}', 'SELECT')"
        assert (False,) == service.execute(asked).fetchone()  # type: ignore[call-overload]
    with_grant = service.execute(
        "SELECT c.relname FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a"
        " WHERE a.grantee = 'vuurtoren_app'::regrole AND a.is_grantable"
    ).fetchall()
    assert [] == with_grant


def test_who_signs_in_as_the_service_gets_no_further(login_url: str) -> None:
    """Laying the role down, or asking for another, leads to no more rights than the service has."""
    with psycopg.connect(database.libpq_url(login_url), autocommit=True) as connection:
        for statement in ("RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT"):
            connection.execute(statement)
            assert ("vuurtoren_app",) == connection.execute("SELECT current_user").fetchone()
        for role in ("vuurtoren", "postgres"):
            for statement in (f"SET ROLE {role}", f"SET SESSION AUTHORIZATION {role}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)  # type: ignore[call-overload]
        connection.execute("SET ROLE vuurtoren_public")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT title FROM asset")


def test_the_service_reads_and_writes_every_table_but_these(service: psycopg.Connection[tuple[object, ...]]) -> None:
    """Each table and sequence of ours, also of later migrations, and no view can be written through."""
    rows = service.execute(
        "SELECT c.relname, has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT'),"
        "  has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),"
        "  has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER')"
        " FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
        " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')"
    ).fetchall()
    assert len(rows) > 60
    wrong = []
    for name, *has in rows:
        if name in READ_ONLY or str(name).startswith("published_"):
            wanted = [True, False, False, False, False]
        elif name in APPEND_ONLY:
            wanted = [True, True, False, False, False]
        elif name in CHANGED:
            wanted = [True, True, False, name == "consent", False]
        else:
            wanted = [True, True, True, True, False]
        if has != wanted:
            wrong.append((name, has))
    assert [] == wrong
    columns = service.execute(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute"
        " WHERE attnum > 0 AND attrelid = ANY (%s::regclass[])"
        " AND has_column_privilege(attrelid, attnum, 'UPDATE')",
        [list(CHANGED)],
    ).fetchall()
    assert CHANGED == {table: {column for name, column in columns if name == table} for table in CHANGED}
    assert (
        []
        == service.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
            " AND NOT has_sequence_privilege(format('public.%I', sequencename), 'USAGE')"
        ).fetchall()
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET by = 'somebody else'",
        "UPDATE change SET by = 'somebody whose community left'",
        'UPDATE change SET after = \'{"title": "another"}\'',
        "UPDATE change SET before = after WHERE before IS DISTINCT FROM after AND after IS NOT NULL",
        "UPDATE change SET about = about || ARRAY[1::bigint]",
        "UPDATE change SET undoes = id",
        "UPDATE change SET changed_at = now()",
        "UPDATE change SET action = 'added'",
        "UPDATE change SET community_id = NULL",
        "DELETE FROM change",
    ],
)
def test_the_history_says_nothing_else_afterwards(
    service: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    """Who, what and when stay; words are taken away and never put there; rows go only with their community."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement)  # type: ignore[call-overload]
    with service.transaction(force_rollback=True):
        assert (service.execute("UPDATE change SET before = NULL, after = NULL, about = '{}'").rowcount or 0) > 1
        service.execute("DELETE FROM community WHERE is_sample")
        assert [] == service.execute("SELECT FROM change WHERE subject = 'asset'").fetchall()


def test_the_service_runs_as_this_role(url: str) -> None:
    """Sessions of requests, of commands and of background work act as it."""
    settings = settings_for(url)
    connections = database.connect(settings)
    with database.transaction(connections.sessions) as session:
        assert "vuurtoren_app" == session.scalar(text("SELECT current_user"))
        assert session.scalar(text(f"SELECT current_setting('{walls.SETTING}', true)")) in (None, "")
    connections.close()
    engine = database.app_engine(settings)
    with engine.connect() as connection:
        assert "vuurtoren_app" == connection.scalar(text("SELECT current_user"))
        assert walls.EVERYTHING == connection.scalar(text(f"SELECT current_setting('{walls.SETTING}')"))
    engine.dispose()


def test_the_service_takes_samples_of_tables_it_does_not_own(url: str) -> None:
    """An import and an erasure need it; of a name that is no table nothing is run."""
    engine = database.app_engine(settings_for(url))
    with engine.begin() as connection:
        connection.execute(text("SELECT take_samples('asset')"))
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="does not exist"):
        connection.execute(text("SELECT take_samples('asset; DROP TABLE asset')"))
    engine.dispose()


# --- which community sees what ---

#: Tables of which the database compares each row with what the transaction said.
WALLED = ("conversation", "invitation", "suggestion")
#: Tables that are read as they always were, and written in a community in view only.
WRITE_WALLED = ("asset", "consent", "personal_link")
#: Whose conversation in the second community stands there besides the first one's: an admin's own.
OWN = "account:77"


def seen(url: str, sees: str | None, holder: str | None = None) -> dict[str, list[int]]:
    """The communities of the rows that a transaction of the service sees, by table."""
    connections = database.connect(settings_for(url))
    try:
        with database.transaction(connections.sessions) as session:
            if sees is not None:
                walls.see(session, sees, holder=holder)
            return {
                table: list(session.scalars(text(f"SELECT DISTINCT community_id FROM {table} ORDER BY 1")))
                for table in WALLED
            }
    finally:
        connections.close()


@pytest.fixture(scope="module")
def two(url: str) -> tuple[int, int]:
    """The community of the sample, and another one; each has rows in every table with a policy."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        first = session.scalar(text("SELECT min(community_id) FROM conversation"))
        second = session.scalar(text("INSERT INTO community (slug, name) VALUES ('west', 'West') RETURNING id"))
        for holder in (None, OWN):
            session.execute(
                text(
                    "INSERT INTO conversation (community_id, street_id, held_on, neighbours, note, recorded_by, holder)"
                    " SELECT :second, min(id), '2026-01-01', 2, 'over de boom', 'test', :holder FROM street"
                ),
                {"second": second, "holder": holder},
            )
        for community_id in (first, second):
            session.execute(
                text(
                    "INSERT INTO suggestion (kind, asset_id, community_id, note, suggested_by, language, follow_hash)"
                    " SELECT 'gone', min(id), :id, 'weg', 'visitor', 'nl', :hash FROM asset"
                ),
                {"id": community_id, "hash": f"hash {community_id}"},
            )
            session.execute(
                text(
                    "INSERT INTO invitation (community_id, role, token_hash, expires_at)"
                    " VALUES (:id, 'member', :hash, now() + interval '1 day')"
                ),
                {"id": community_id, "hash": f"hash {community_id}"},
            )
    engine.dispose()
    assert first is not None
    assert second is not None
    return first, second


def test_these_tables_have_a_policy_and_no_others(url: str) -> None:
    """One for all, or one for each of reading, adding, changing and deleting; decision 0038 says why no others have."""
    with psycopg.connect(database.libpq_url(url)) as owner:
        guarded = owner.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1").fetchall()
        policies = owner.execute(
            "SELECT polrelid::regclass::text, string_agg(polcmd::text, '' ORDER BY polcmd),"
            " min(polroles::regrole[]::text) FROM pg_policy GROUP BY 1 ORDER BY 1"
        ).fetchall()
    assert sorted(WALLED + WRITE_WALLED) == [name for (name,) in guarded]
    commands = dict.fromkeys(WALLED, "*") | dict.fromkeys(WRITE_WALLED, "adrw")
    assert [(name, commands[name], "{vuurtoren_app}") for name in sorted(commands)] == policies


@pytest.mark.parametrize("table", WALLED)
@pytest.mark.parametrize("sees", [None, "", "x", "1;2", "{1}", "' OR true", "1,", "-1", "*,1"])
def test_nothing_said_is_an_error(url: str, two: tuple[int, int], table: str, sees: str | None) -> None:
    """A transaction that forgot to say what it sees, or said what cannot be read, does not take silence for no rows."""
    connections = database.connect(settings_for(url))
    for statement in (
        f"SELECT id FROM {table}",
        f"SELECT count(*) FROM {table} WHERE community_id = {two[1]}",
        f"UPDATE {table} SET community_id = community_id",
        f"DELETE FROM {table}",
    ):
        with connections.sessions() as session:
            if sees is not None:
                walls.see(session, sees)
            with pytest.raises(ProgrammingError, match="did not say which communities"):
                session.execute(text(statement))
    connections.close()


def test_a_transaction_sees_the_communities_it_said(url: str, two: tuple[int, int]) -> None:
    """One, both, all; what the public sees of them does not change."""
    first, second = two
    both = [first, second]
    for sees, found in ((str(first), [first]), (str(second), [second]), (f"{first},{second}", both), ("0", [])):
        assert dict.fromkeys(WALLED, found) == seen(url, sees), sees
    assert dict.fromkeys(WALLED, both) == seen(url, walls.EVERYTHING)
    connections = database.connect(settings_for(url))
    with database.transaction(connections.public_sessions) as session:
        public = session.scalar(text("SELECT count(*) FROM published_conversation"))
    with database.transaction(connections.sessions) as session:
        walls.see(session, walls.EVERYTHING)
        assert public == session.scalar(text("SELECT count(*) FROM conversation"))
    connections.close()


def test_what_each_viewer_sees(url: str, two: tuple[int, int]) -> None:
    """Their communities; who runs the map what waits anywhere, and of conversations nobody's but their own."""
    first, second = two
    own = int(OWN.removeprefix("account:"))
    builder = Viewer("Bo", Role.builder, account_id=5, roles={first: Role.builder, second: Role.visitor})
    member = Viewer("Mo", Role.member, account_id=6, roles={second: Role.member})
    left = Viewer("Li", Role.member, account_id=own, roles={})
    admin = Viewer("Ad", Role.admin, account_id=own)
    other_admin = Viewer("Al", Role.admin, account_id=own + 1)
    program = Viewer("feed", Role.builder, token_id=3)
    analyst = Viewer("An", Role.analyst, account_id=8)
    for viewer, talks, rest in (
        (builder, [first], [first]),
        (member, [second], [second]),
        (left, [second], []),
        (admin, [second], [*two]),
        (other_admin, [], [*two]),
        (program, [], [*two]),
        (analyst, [], []),
    ):
        found = seen(url, walls.of(viewer), viewer.holder)
        assert {"conversation": talks, "invitation": rest, "suggestion": rest} == found, viewer.name
    with pytest.raises(ProgrammingError, match="did not say"):
        seen(url, walls.of(VISITOR))

    connections = database.connect(settings_for(url))
    with database.transaction(connections.sessions) as session:
        walls.see_as(session, admin)
        assert [OWN] == session.scalars(text("SELECT holder FROM conversation")).all()
    connections.close()


def test_a_block_sees_every_community_and_what_follows_does_not(url: str, two: tuple[int, int]) -> None:
    """Also where the block ends in a refusal; a block in a transaction that said nothing leaves it so."""
    count = text("SELECT count(DISTINCT community_id) FROM suggestion")
    connections = database.connect(settings_for(url))
    with database.transaction(connections.sessions) as session:
        walls.see(session, str(two[0]))
        with walls.everywhere(session):
            assert 2 == session.scalar(count)
        assert 1 == session.scalar(count)
        with pytest.raises(NotFound), walls.everywhere(session):
            raise NotFound("There is none.")
        assert 1 == session.scalar(count)
    with connections.sessions() as session:
        with walls.everywhere(session):
            assert 2 == session.scalar(count)
        with pytest.raises(ProgrammingError, match="did not say"):
            session.scalar(count)
        session.rollback()
        with pytest.raises(ProgrammingError, match="does not exist"), walls.everywhere(session):
            session.execute(text("SELECT * FROM nowhere"))
    connections.close()


def test_a_row_is_written_into_a_community_in_view_only(url: str, two: tuple[int, int]) -> None:
    """A row for another community is refused by the database, and one of another community is not changed."""
    first, second = two
    connections = database.connect(settings_for(url))
    added = {
        "conversation": "INSERT INTO conversation (community_id, street_id, held_on, neighbours, recorded_by)"
        " SELECT :second, min(id), '2026-01-01', 2, 'test' FROM street",
        "invitation": "INSERT INTO invitation (community_id, role, token_hash, expires_at)"
        " VALUES (:second, 'steward', 'mine', now())",
        "suggestion": "INSERT INTO suggestion"
        " (kind, asset_id, community_id, note, suggested_by, language, follow_hash)"
        " SELECT 'gone', min(id), :second, 'weg', 'visitor', 'nl', 'mine' FROM asset",
    }
    assert set(WALLED) == set(added)
    for table, add in added.items():
        with connections.sessions() as session, session.begin():
            walls.see(session, str(first))
            with pytest.raises(ProgrammingError, match="row-level security"):
                session.execute(text(add), {"second": second})
            session.rollback()
        with connections.sessions() as session, session.begin():
            walls.see(session, str(first))
            moved = text(f"UPDATE {table} SET community_id = :id")
            with pytest.raises(ProgrammingError, match="row-level security"):
                session.execute(moved, {"id": second})
            session.rollback()
        with database.transaction(connections.sessions) as session:
            walls.see(session, str(first))
            for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
                changed: Any = session.execute(text(f"{statement} WHERE community_id = :id"), {"id": second})
                assert 0 == changed.rowcount
    connections.close()


ADDED = {
    "asset": "INSERT INTO asset (community_id, kind, title, themes, state, started_on, placement, signs, created_by)"
    " VALUES (:id, 'person', 'An', '{}', 'published', '2026-01-01', 'none', '{}', 'test')",
    "consent": "INSERT INTO consent (asset_id, audience, wording_version, wording, language, given_on, expires_on,"
    " recorded_by, withdrawn_at) VALUES (:person, 'public', 'x', '', 'nl', '2026-01-01', '2027-01-01', 'test', now())",
    "personal_link": "INSERT INTO personal_link (asset_id, token_hash, replaced_at) VALUES (:person, 'new', now())",
}
FOUND = {
    "asset": "UPDATE asset SET title = 'Anne' WHERE id = :person",
    "consent": "UPDATE consent SET withdrawn_at = now() WHERE asset_id = :person",
    "personal_link": "UPDATE personal_link SET replaced_at = now() WHERE asset_id = :person",
}


@pytest.fixture(scope="module")
def person(url: str, two: tuple[int, int]) -> dict[str, int]:
    """A person of the second community, with a consent and a link."""
    engine = create_engine(url)
    with engine.begin() as connection:
        binds: dict[str, int] = {"id": two[1]}
        binds["person"] = connection.execute(text(f"{ADDED['asset']} RETURNING id"), binds).scalar_one()
        for table in ("consent", "personal_link"):
            connection.execute(text(ADDED[table].replace("'new'", "'old'")), binds)
    engine.dispose()
    return binds


@pytest.mark.parametrize("table", WRITE_WALLED)
def test_an_entry_of_another_community_is_written_by_nobody(
    url: str, two: tuple[int, int], person: dict[str, int], table: str
) -> None:
    """Adding, changing and deleting is an error, also where nothing was said; in its own community it is done."""
    remove = f"DELETE FROM {table} WHERE {'id' if table == 'asset' else 'asset_id'} = :person"
    connections = database.connect(settings_for(url))
    for statement in (ADDED[table], FOUND[table], remove):
        for sees, refusal in (
            (None, "did not say"), (str(two[0]), "does not see"), (walls.NONE, "does not see"),
            (walls.SHARED, "does not see"), (str(two[1]), None), (walls.ANY, None), (walls.EVERYTHING, None),
        ):  # fmt: skip
            with connections.sessions() as session:
                if sees is not None:
                    walls.see(session, sees)
                if refusal is None:
                    done: Any = session.execute(text(statement), person)
                    assert 1 == done.rowcount, (statement, sees)
                else:
                    with pytest.raises(ProgrammingError, match=refusal):
                        session.execute(text(statement), person)
                session.rollback()
    connections.close()


@pytest.mark.parametrize("moved", ["asset", "personal_link"])
def test_an_entry_of_another_community_is_not_taken_over(
    url: str, two: tuple[int, int], person: dict[str, int], moved: str
) -> None:
    """Nobody moves it, or its link, into a community of their own; who sees both communities may."""
    mine = ADDED["asset"].replace(":id", ":mine") + " RETURNING id"
    take = {
        "asset": "UPDATE asset SET community_id = :mine WHERE id = :person",
        "personal_link": "UPDATE personal_link SET asset_id = :own WHERE asset_id = :person",
    }[moved]
    connections = database.connect(settings_for(url))
    for sees, refused in ((str(two[0]), True), (f"{two[0]},{two[1]}", False)):
        with connections.sessions() as session:
            walls.see(session, sees)
            own = session.scalar(text(mine), {"mine": two[0]})
            binds = {**person, "mine": two[0], "own": own}
            if refused:
                with pytest.raises(ProgrammingError, match="does not see"):
                    session.execute(text(take), binds)
            else:
                done: Any = session.execute(text(take), binds)
                assert 1 == done.rowcount
            session.rollback()
    connections.close()


def test_the_municipality_sees_what_is_shared_with_it(url: str, two: tuple[int, int]) -> None:
    """The database holds to what the stewards chose: nothing by itself, and a community that shares."""
    _, second = two
    assert {"conversation": [], "invitation": [], "suggestion": []} == seen(url, walls.SHARED)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO sharing (community_id, what, shared, reason, set_by)"
                " VALUES (:id, 'conversations', true, 'samen', 'test')"
            ),
            {"id": second},
        )
        assert {"conversation": [second], "invitation": [], "suggestion": []} == seen(url, walls.SHARED)
        connection.execute(text("DELETE FROM sharing"))
    engine.dispose()


def test_a_request_sees_what_its_viewer_may(
    url: str, two: tuple[int, int], make_client: Callable[..., TestClient]
) -> None:
    """A steward takes along the conversations of their own community; who asks for a visitor's transaction fails."""
    _, second = two
    client = make_client(url)
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        account = accounts.add(session, "Wil", role=Role.steward, community_id=second)
        secret = sign_ins.begin(session, account.id)
    engine.dispose()
    client.cookies.set(cookies.SIGN_IN, secret)
    answer = client.get("/communities/west/export")
    assert 200 == answer.status_code, answer.text
    with ZipFile(BytesIO(answer.content)) as file:
        lines = file.read("conversations.csv").decode("utf-8-sig").strip().splitlines()
    assert 3 == len(lines)
    assert "over de boom" in lines[1]
    client.cookies.clear()

    def count(session: database.DbSession) -> None:
        session.scalar(text("SELECT count(*) FROM conversation"))

    app: Any = client.app
    app.add_api_route("/test-count", count, methods=["GET"])
    assert 500 == client.get("/test-count").status_code


def test_what_a_viewer_says() -> None:
    """Members, builders and stewards their own communities; the municipality what is shared; a visitor nothing."""
    assert walls.NOTHING == walls.of(VISITOR)
    assert walls.ANY == walls.of(OPERATOR)
    assert walls.SHARED == walls.of(Viewer("Ans", Role.analyst, account_id=1))
    assert "2,5" == walls.of(Viewer("Bo", Role.builder, account_id=2, roles={5: Role.builder, 2: Role.member}))
    assert walls.NONE == walls.of(Viewer("Cas", Role.member, account_id=3, roles={}))
