"""All containers share what they know of a store; what is known of the database stays in the container."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import psycopg
import pytest

from shared.db.breakers import DATABASE, GuardedDatabase, MemoryBreakerRows, PostgresBreakerRows
from shared.db.connection import Database, LockTaken, Question
from shared.errors import DatabaseUnavailable, StoreUnavailable
from shared.resilience.breaker import Breaker, BreakerOpen, BreakerRow, BreakerState

ROW = "SELECT (SELECT row_to_json(b) FROM breakers b WHERE b.name = %(name)s) AS breaker"
HALF_A_MINUTE = 30


class InMemory:
    """Rows whose clock the test moves."""

    def __init__(self):
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.rows = MemoryBreakerRows(lambda: self.now)

    def pass_time(self, seconds):
        self.now += timedelta(seconds=seconds)


class InPostgres:
    """Rows whose moments the test moves back."""

    def __init__(self, database, sql_of):
        self.rows = PostgresBreakerRows(database)
        self._sql = sql_of

    def pass_time(self, seconds):
        self._sql.execute(
            "UPDATE breakers SET opened_at = opened_at - %(s)s * interval '1 second',"
            " probe_lease_expiry = probe_lease_expiry - %(s)s * interval '1 second'",
            {"s": seconds},
        )


@pytest.fixture(params=["memory", "postgres"])
def kept(request):
    """Every kind of rows behaves the same."""
    if request.param == "memory":
        return InMemory()
    return InPostgres(request.getfixturevalue("database"), request.getfixturevalue("sql_of"))


@pytest.fixture
def containers(database_url):
    """Breakers of sixteen containers, each with a connection of its own."""
    opened = [Database(database_url) for _ in range(16)]
    for database in opened:
        database.ask(Question("SELECT 1", {}))
    yield [Breaker("s3", PostgresBreakerRows(database)) for database in opened]
    for database in opened:
        database.close()


def fails():
    raise StoreUnavailable


def open_by_failing(breaker):
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            breaker.call(fails)


def test_a_breaker_that_never_opened_has_no_row(kept):
    assert kept.rows.get("s3") is None


def test_opening_is_remembered_with_its_moment_and_its_failures(kept):
    assert kept.rows.open("s3", 5)

    row = kept.rows.get("s3")
    assert (row.name, row.state, row.failure_count) == ("s3", BreakerState.OPEN, 5)
    assert abs(row.opened_at - datetime.now(UTC)) < timedelta(seconds=60)
    assert kept.rows.get("cloudinary") is None


def test_an_open_breaker_cannot_be_opened_again(kept):
    kept.rows.open("s3", 5)
    before = kept.rows.get("s3")

    assert not kept.rows.open("s3", 9)
    assert kept.rows.get("s3") == before


def test_nobody_probes_before_the_pause_is_over(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(29)

    assert not kept.rows.try_half_open("s3", "me", HALF_A_MINUTE)


def test_nobody_probes_what_is_closed(kept):
    assert not kept.rows.try_half_open("s3", "me", HALF_A_MINUTE)


def test_after_the_pause_the_first_to_ask_probes_and_may_ask_again(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(30)

    asked = [kept.rows.try_half_open("s3", who, HALF_A_MINUTE) for who in ("me", "you", "me")]

    assert asked == [True, False, True]
    assert kept.rows.get("s3").half_open_owner == "me"
    assert kept.rows.get("s3").state is BreakerState.HALF_OPEN


def test_a_probe_keeps_others_from_opening_it(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(30)
    kept.rows.try_half_open("s3", "me", HALF_A_MINUTE)

    assert not kept.rows.open("s3", 5)


def test_only_the_prober_closes_and_then_it_can_open_again(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(30)
    kept.rows.try_half_open("s3", "me", HALF_A_MINUTE)

    assert [kept.rows.close("s3", who) for who in ("you", "me", "me")] == [False, True, False]
    assert kept.rows.get("s3") == BreakerRow("s3")
    assert kept.rows.open("s3", 5)


def test_only_the_prober_reopens_and_a_new_pause_begins(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(30)
    kept.rows.try_half_open("s3", "me", HALF_A_MINUTE)

    assert [kept.rows.reopen("s3", who) for who in ("you", "me", "me")] == [False, True, False]
    row = kept.rows.get("s3")
    assert (row.state, row.failure_count, row.half_open_owner) == (BreakerState.OPEN, 6, None)
    assert not kept.rows.try_half_open("s3", "you", HALF_A_MINUTE)


def test_a_prober_that_outlived_its_lease_changes_nothing_any_more(kept):
    kept.rows.open("s3", 5)
    kept.pass_time(30)
    kept.rows.try_half_open("s3", "slow", HALF_A_MINUTE)
    kept.pass_time(30)

    assert kept.rows.try_half_open("s3", "next", HALF_A_MINUTE)
    assert not kept.rows.close("s3", "slow")
    assert not kept.rows.reopen("s3", "slow")
    assert kept.rows.get("s3").half_open_owner == "next"


def test_the_claim_can_hand_the_row_over(database, sql_of):
    def known():
        (answer,) = database.ask(Question(ROW, {"name": "s3"}))
        return BreakerRow.of("s3", answer["breaker"])

    rows = PostgresBreakerRows(database)
    assert known() == BreakerRow("s3")
    rows.open("s3", 5)
    assert known() == rows.get("s3")
    sql_of.execute("UPDATE breakers SET opened_at = '2030-01-01 00:00:00.1+00'")
    assert known().opened_at == datetime(2030, 1, 1, microsecond=100_000, tzinfo=UTC)


def test_a_pause_that_one_container_began_is_kept_by_another(containers):
    open_by_failing(containers[0])

    with pytest.raises(BreakerOpen) as refused:
        containers[1].call(lambda: "sent")

    assert 28 <= refused.value.retry_after <= 31


def test_a_pause_can_be_made_longer_by_hand(containers, sql_of):
    sql_of.execute("INSERT INTO breakers (name, state, opened_at) VALUES ('s3', 'open', now() + interval '1 hour')")

    with pytest.raises(BreakerOpen) as refused:
        containers[0].call(lambda: "sent")

    assert 3600 < refused.value.retry_after <= 3631


@pytest.mark.parametrize("state", ["open", "half_open"])
def test_of_sixteen_containers_exactly_one_sends_the_probe(containers, sql_of, state):
    """Whether the pause is over, or the prober before them died."""
    probe = ("dead", "2020-01-01") if state == "half_open" else (None, None)
    sql_of.execute("INSERT INTO breakers VALUES ('s3', %s, 5, '2020-01-01', %s, %s)", (state, *probe))
    all_ready, all_asked = Barrier(16), Barrier(16)

    def sends():
        all_asked.wait(30)
        return "sent"

    def ask(breaker):
        known = BreakerRow.of("s3", sql_row)
        all_ready.wait(30)
        try:
            return breaker.call(sends, known=known)
        except BreakerOpen:
            all_asked.wait(30)
            return "refused"

    (sql_row,) = sql_of.execute("SELECT row_to_json(b) FROM breakers b").fetchone()
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(ask, containers))

    assert sorted(outcomes) == ["refused"] * 15 + ["sent"]
    assert sql_of.execute("SELECT state, half_open_owner FROM breakers").fetchone() == ("closed", None)


def test_a_row_that_is_locked_for_too_long_refuses_the_probe_and_hides_nothing(containers, sql_of, database_url):
    sql_of.execute("INSERT INTO breakers (name, state, opened_at) VALUES ('s3', 'open', '2020-01-01')")

    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM breakers FOR UPDATE")
        with pytest.raises(BreakerOpen):
            containers[0].call(lambda: "sent")


def test_the_words_of_the_column_are_the_words_of_the_enum(sql_of):
    (text,) = sql_of.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'breakers_state_check'"
    ).fetchone()

    assert set(re.findall(r"'(\w+)'::text", text)) == {str(state) for state in BreakerState}


@pytest.mark.parametrize(
    "row",
    [
        ("s3", "ajar", 0, None, None, None),
        ("s3", "open", 5, None, None, None),
        ("s3", "open", 5, "infinity", None, None),
        ("s3", "open", 5, "now", "me", "now"),
        ("s3", "open", -1, "now", None, None),
        ("s3", "closed", 0, "now", None, None),
        ("s3", "half_open", 5, "now", None, None),
        ("s3", "half_open", 5, "now", "me", None),
        ("s3", "half_open", 5, "now", "me", "infinity"),
        ("", "closed", 0, None, None, None),
    ],
)
def test_the_database_refuses_a_breaker_that_makes_no_sense(sql_of, row):
    with pytest.raises(psycopg.errors.CheckViolation):
        sql_of.execute("INSERT INTO breakers VALUES (%s, %s, %s, %s, %s, %s)", row)


def test_a_database_that_is_away_is_asked_five_times_and_then_left_alone():
    with _hanging_up() as (url, connects):
        database = GuardedDatabase(url)
        tries = []
        for _ in range(8):
            with pytest.raises(DatabaseUnavailable):
                database.ask(Question("SELECT 1", {}))
            tries.append(len(connects))

    assert tries == sorted(set(tries[:5])) + [tries[4]] * 3


def test_a_paused_database_says_when_to_come_back_and_is_found_again_by_one_question(database_url):
    clock = InMemory()
    changes = []
    with _hanging_up() as (dead_url, _):
        database = GuardedDatabase(dead_url, on_change=lambda *c: changes.append(c), clock=lambda: clock.now)
        for _ in range(6):
            with pytest.raises(DatabaseUnavailable) as refused:
                database.ask(Question("SELECT 1", {}))

    assert (refused.value.code, refused.value.retry_after) == ("database_unavailable", 10)
    clock.pass_time(31)
    database._url = database_url
    assert database.ask(Question("SELECT 1 AS one", {})) == [{"one": 1}]
    database.close()
    assert [(old, new) for _, old, new in changes] == [
        ("closed", "open"),
        ("open", "half_open"),
        ("half_open", "closed"),
    ]


def test_a_row_that_others_hold_is_an_answer_of_the_database():
    def locked():
        raise LockTaken

    breaker = Breaker("database", MemoryBreakerRows(), policy=DATABASE)

    for _ in range(20):
        with pytest.raises(LockTaken):
            breaker.call(locked)


@contextmanager
def _hanging_up():
    """A server that takes every connection and hangs up, and notes each."""
    connects = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                connects.append(1)
                taken.close()

        Thread(target=serve, daemon=True).start()
        yield f"postgresql://keepsake@127.0.0.1:{server.getsockname()[1]}/x?sslmode=disable", connects
        server.shutdown(socket.SHUT_RDWR)
