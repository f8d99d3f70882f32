"""One connection, opened late; one round trip per question; and a dead connection is noticed, once."""

import os
import signal
import tempfile
import time

import psycopg
import pytest

from shared.db.connection import ANSWER_SECONDS, Database, LockTaken, Question
from shared.errors import DatabaseUnavailable

ONE = Question("SELECT 1 AS one", {})


def test_nothing_is_opened_before_the_first_question():
    Database("postgresql://nobody@/nowhere?host=/nonexistent").close()


@pytest.fixture(params=[False, True], ids=["each time", "kept"])
def planned(request, database_url):
    """A database whose questions are planned each time, and one that keeps its plans."""
    made = Database(database_url, keep_plans=request.param)
    yield made
    made.close()


def test_several_questions_are_one_transaction_and_one_round_trip(planned):
    database = planned
    for _ in range(3):
        database.ask(ONE)
    with tempfile.TemporaryFile() as file:
        database._connection.pgconn.trace(file.fileno())
        rows = database.ask(Question("CREATE TABLE t (a int)", {}), Question("SELECT count(*) AS n FROM t", {}))
        database._connection.pgconn.untrace()
        file.seek(0)
        said = file.read().decode()

    assert rows == [{"n": 0}]
    # The server speaks once it is asked to: each Sync is one round trip.
    assert sum(line.split("\t")[3:4] == ["Sync"] for line in said.splitlines()) == 1
    assert "BEGIN" not in said


def test_when_one_question_fails_none_of_them_happened(database):
    with pytest.raises(psycopg.errors.UndefinedTable):
        database.ask(Question("CREATE TABLE t (a int)", {}), Question("SELECT * FROM nonsense", {}))

    assert database.ask(Question("SELECT to_regclass('t') AS t", {})) == [{"t": None}]


def test_a_connection_that_died_in_its_sleep_is_replaced_and_the_question_asked_again(database, sql_of):
    (row,) = database.ask(Question("SELECT pg_backend_pid() AS pid", {}))
    sql_of.execute("SELECT pg_terminate_backend(%s, 5000)", (row["pid"],))

    assert database.ask(ONE) == [{"one": 1}]


def test_a_server_that_froze_is_hung_up_on_and_the_question_asked_again(database_url):
    database = Database(database_url, patience=0.3)
    (row,) = database.ask(Question("SELECT pg_backend_pid() AS pid", {}))
    os.kill(row["pid"], signal.SIGSTOP)
    try:
        started = time.monotonic()
        (again,) = database.ask(Question("SELECT pg_backend_pid() AS pid", {}))
    finally:
        os.kill(row["pid"], signal.SIGCONT)
    took = time.monotonic() - started
    database.close()

    assert again["pid"] != row["pid"]
    assert took < ANSWER_SECONDS


def test_what_the_server_is_still_at_is_waited_for(database_url):
    database = Database(database_url, patience=5)

    assert database.ask(Question("SELECT pg_sleep(0.5)", {}), ONE) == [{"one": 1}]
    database.close()


def test_a_plan_is_kept_where_that_is_wanted_and_nowhere_else(planned):
    kept = Question("SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%%keeps this%%'", {})

    counts = [planned.ask(kept)[0]["n"] for _ in range(3)]

    assert counts == ([0, 1, 1] if planned._keep_plans else [0, 0, 0])


def test_a_migration_beside_a_kept_plan_is_not_noticed(planned, sql_of):
    sql_of.execute("CREATE TABLE t AS SELECT 1 AS a")
    every = Question("SELECT * FROM t", {})
    before = [planned.ask(every) for _ in range(3)]
    sql_of.execute("ALTER TABLE t ADD COLUMN b int DEFAULT 2")

    after = [planned.ask(every) for _ in range(3)]

    assert before == [[{"a": 1}]] * 3
    assert after == [[{"a": 1, "b": 2}]] * 3


def test_a_question_that_failed_does_not_spoil_the_next_ones(planned):
    wrong = Question("SELECT 1 / %(n)s::int AS one", {"n": 0})

    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero):
            planned.ask(ONE, wrong)
        assert planned.ask(ONE, Question(wrong.sql, {"n": 1})) == [{"one": 1}]


def test_a_database_that_cannot_be_reached_is_our_trouble_and_says_when_to_come_back():
    with pytest.raises(DatabaseUnavailable) as error:
        Database("postgresql://nobody@/nowhere?host=/nonexistent").ask(ONE)

    assert error.value.retry_after == 2
    assert error.value.status == 503


def test_a_row_that_somebody_holds_is_waited_for_only_so_long(database, database_url, sql_of):
    sql_of.execute("CREATE TABLE t AS SELECT 1 AS a")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM t FOR UPDATE")

        with pytest.raises(LockTaken):
            database.ask(Question("SELECT * FROM t FOR UPDATE", {}))


def test_a_frozen_transaction_of_ours_lets_go_by_itself(database):
    (row,) = database.ask(Question("SELECT current_setting('idle_in_transaction_session_timeout') AS t", {}))
    (after,) = database._connection.execute("SELECT current_setting('lock_timeout') AS t").fetchall()

    assert row["t"] == "15s"
    assert after["t"] == "0", "a setting stayed in the session, where a pooler's next client would find it"
