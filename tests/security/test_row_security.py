"""Whether the database itself keeps organisations apart: what a question forgets to ask for, it does not get."""

from uuid import UUID, uuid4

import psycopg
import pytest

from local import logins
from shared.db.connection import Database, Question

TENANTS = ("memberships", "projects", "hunts", "teams", "locations", "venues", "uploads", "attempts", "photos")
TENANTS += ("hunt_progress", "outbox", "allowances", "rate_buckets", "organizations")

ONE_OF_EACH = """
INSERT INTO organizations (id, name) VALUES (%(org)s, 'o');
INSERT INTO memberships VALUES (%(org)s, 'a', 'member');
INSERT INTO projects (id, org_id, name) VALUES (%(org)s, %(org)s, 'p');
INSERT INTO venues (id, org_id, name) VALUES (%(org)s, %(org)s, 'v');
INSERT INTO hunts (id, org_id, name) VALUES (%(org)s, %(org)s, 'h');
INSERT INTO teams (id, org_id, hunt_id, name) VALUES (%(org)s, %(org)s, %(org)s, 't');
INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%(org)s, %(org)s, %(org)s, 'l');
INSERT INTO hunt_progress (team_id, location_id, org_id) VALUES (%(org)s, %(org)s, %(org)s);
INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                     lease_token)
VALUES (%(org)s, %(org)s, 'a', 'form', 'k', sha256(''), %(org)s, 's3', 'f', 1, 'image/png', %(org)s);
INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after, state, bytes, committed_at)
VALUES (%(org)s, %(org)s, 1, 's3', 'dev/' || %(org)s || '/u/1', now(), 'committed', 1, now());
INSERT INTO photos (id, org_id, actor_id, project_id, attempt_id, upload_seq, file_name, bytes, mime, width, height)
VALUES (%(org)s, %(org)s, 'a', %(org)s, %(org)s, 1, 'f', 1, 'image/png', 1, 1);
INSERT INTO outbox (org_id, topic, payload) VALUES (%(org)s, 't', '{}');
INSERT INTO allowances (id, org_id) VALUES (%(org)s, %(org)s);
INSERT INTO rate_buckets VALUES ('uploads:' || %(org)s || ':a', 1, now(), true);
"""
ROUNDS = 500


@pytest.fixture
def two(sql_of) -> tuple[UUID, UUID]:
    found = uuid4(), uuid4()
    for org in found:
        for statement in ONE_OF_EACH.replace("%(org)s", f"'{org}'").split(";\n"):
            if statement.strip():
                sql_of.execute(statement)
    return found


@pytest.fixture
def api(database_url):
    logins.create(database_url)
    made = Database(logins.url_of(database_url, logins.API))
    yield made
    made.close()


def seen(database, table):
    return database.ask(Question(f"SELECT count(*) AS n FROM {table}", {}))[0]["n"]


@pytest.mark.parametrize("table", TENANTS)
def test_who_does_not_say_for_whom_sees_nothing(api, two, table):
    assert seen(api, table) == 0


@pytest.mark.parametrize("table", TENANTS)
def test_who_says_for_whom_sees_that_organisation_alone(api, two, table):
    api.acting_for = two[0]

    assert seen(api, table) == 1


@pytest.mark.parametrize("table", TENANTS)
def test_our_own_work_sees_every_organisation(database_url, two, table):
    logins.create(database_url)
    worker = Database(logins.url_of(database_url, logins.WORKER))

    found = seen(worker, table)
    worker.close()

    assert found == 2


def test_nobody_writes_into_another_organisation(api, two):
    api.acting_for = two[0]
    statement = "INSERT INTO outbox (org_id, topic, payload) VALUES (%(org)s, 't', '{}')"

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        api.ask(Question(statement, {"org": two[1]}))


def test_nobody_changes_what_belongs_to_another_organisation(api, two, sql_of):
    api.acting_for = two[0]

    api.ask(Question("UPDATE photos SET file_name = 'mine'", {}))

    names = sql_of.execute("SELECT file_name FROM photos WHERE org_id = %s", (two[1],)).fetchall()
    assert names == [("f",)]


def test_one_connection_that_serves_both_in_turn_mixes_nothing(api, two):
    for number in range(ROUNDS):
        api.acting_for = two[number % 2]
        rows = api.ask(Question("SELECT org_id FROM photos", {}))
        assert [row["org_id"] for row in rows] == [two[number % 2]]


@pytest.mark.parametrize("login", logins.ROLE_OF)
def test_neither_login_owns_anything_or_passes_the_wall(sql_of, database_url, login):
    logins.create(database_url)
    facts = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s"
    owned = "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = %s"

    assert sql_of.execute(facts, (login,)).fetchone() == (False,) * 4
    assert sql_of.execute(owned, (login,)).fetchone() == (0,)


def test_every_table_of_an_organisation_is_behind_the_wall(sql_of):
    open_tables = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped"
        " WHERE c.relkind = 'r' AND n.nspname = 'public' AND NOT c.relrowsecurity"
    )

    assert sql_of.execute(open_tables).fetchall() == []
