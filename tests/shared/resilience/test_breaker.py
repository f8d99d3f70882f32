"""A provider that fails call after call is left alone; one call finds out whether it is back."""

import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shared.db.breakers import MemoryBreakerRows
from shared.errors import (
    BadRequest,
    DatabaseUnavailable,
    OutcomeUnknown,
    ProviderDown,
    StoreBusy,
    StoreRefused,
    StoreUnavailable,
    Unavailable,
)
from shared.resilience import breaker as module
from shared.resilience.breaker import Breaker, BreakerOpen, BreakerRow, BreakerState

CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


class Rows(MemoryBreakerRows):
    """Shared rows that count what they are asked, and can be out of reach."""

    def __init__(self, clock):
        super().__init__(clock)
        self.asked = []
        self.away = False

    def get(self, name):
        return self._note("get") or super().get(name)

    def open(self, *what):
        return self._note("open") or super().open(*what)

    def try_half_open(self, *what):
        return self._note("try_half_open") or super().try_half_open(*what)

    def reopen(self, *what):
        return self._note("reopen") or super().reopen(*what)

    def close(self, *what):
        return self._note("close") or super().close(*what)

    def _note(self, what):
        self.asked.append(what)
        if self.away:
            raise DatabaseUnavailable


class World:
    """One store, the containers that call it, and a clock that nothing moves by itself."""

    def __init__(self):
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.rows = Rows(lambda: self.now)
        self.changes = []
        self.calls = 0
        self.breaker = self.container()

    def container(self):
        note = lambda *change: self.changes.append(change)  # noqa: E731
        return Breaker("s3", self.rows, on_change=note, clock=lambda: self.now)

    def pass_time(self, seconds):
        self.now += timedelta(seconds=seconds)

    def claimed(self):
        """What the claim says of the breaker, at no cost of its own."""
        return MemoryBreakerRows.get(self.rows, "s3") or BreakerRow("s3")

    def works(self):
        self.calls += 1
        return "stored"

    def fails(self, error=StoreUnavailable):
        self.calls += 1
        raise error

    def fail(self, times=1, error=StoreUnavailable, breaker=None, **options):
        for _ in range(times):
            with pytest.raises(error):
                (breaker or self.breaker).call(partial(self.fails, error), **options)

    def open(self):
        self.fail(5)
        self.calls = 0
        self.rows.asked.clear()
        self.changes.clear()


@pytest.fixture
def world():
    return World()


def test_a_healthy_call_asks_no_rows_when_the_state_is_known(world):
    assert world.breaker.call(world.works, known=BreakerRow("s3")) == "stored"
    assert world.rows.asked == []


def test_a_healthy_call_reads_once_and_writes_nothing_when_the_state_is_not_known(world):
    assert world.breaker.call(world.works) == "stored"
    assert world.rows.asked == ["get"]


def test_the_first_failures_are_only_counted_in_the_container(world):
    world.fail(4, known=BreakerRow("s3"))

    assert world.rows.asked == []


@pytest.mark.parametrize("error", [StoreUnavailable, OutcomeUnknown])
def test_five_failures_in_a_row_open_it_and_then_nothing_is_sent(world, error):
    world.fail(5, error)

    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works)
    assert world.calls == 5
    assert world.claimed().failure_count == 5


def test_the_refusal_says_what_is_paused_until_when_and_that_no_try_was_spent(world):
    world.open()
    world.pass_time(10)

    with pytest.raises(BreakerOpen, match="Calls to s3 are paused until 00:00:30 UTC") as refused:
        world.breaker.call(world.works)

    error = refused.value
    assert (error.code, error.retry_after, error.failure_class) == ("store_paused", 20, "outage")
    assert error.facts == {"breaker": "s3", "failure_type": "breaker_open"}


def test_an_open_breaker_is_asked_about_nothing_more_when_it_is_known_and_not_yet_due(world):
    world.open()
    world.pass_time(28)

    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works, known=world.claimed())

    assert world.rows.asked == []


def test_a_success_ends_a_row_of_failures(world):
    world.fail(4)
    world.breaker.call(world.works)
    world.fail(4)

    assert world.claimed().state is CLOSED


@pytest.mark.parametrize("error", [StoreBusy, StoreRefused, BadRequest, Unavailable, ZeroDivisionError])
def test_what_says_nothing_bad_about_the_store_never_opens_it(world, error):
    world.fail(20, error)

    assert world.claimed().state is CLOSED


@pytest.mark.parametrize("error", [StoreBusy, StoreRefused, BadRequest])
def test_an_answer_proves_that_the_store_is_up_and_ends_a_row_of_failures(world, error):
    world.fail(4)
    world.fail(1, error)
    world.fail(4)

    assert world.claimed().state is CLOSED


@pytest.mark.parametrize("error", [Unavailable, ZeroDivisionError])
def test_our_own_trouble_proves_nothing_and_the_row_of_failures_goes_on(world, error):
    world.fail(4)
    world.fail(1, error)
    world.fail(1)

    assert world.claimed().state is OPEN


def test_a_provider_that_refuses_our_credentials_is_paused_at_once(world):
    world.fail(1, ProviderDown)

    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works)


def test_after_the_pause_one_call_finds_out_while_the_others_are_refused(world):
    world.open()
    world.pass_time(30)

    def other():
        with pytest.raises(BreakerOpen) as refused:
            world.container().call(world.works)
        return refused.value.retry_after

    def stores_while_others_ask():
        with ThreadPoolExecutor(1) as thread:
            waits = [thread.submit(other).result() for _ in range(20)]
        return world.works(), set(waits)

    assert world.breaker.call(stores_while_others_ask) == ("stored", {30})
    assert world.calls == 1
    assert world.claimed() == BreakerRow("s3")


def test_a_probe_that_fails_begins_another_whole_pause(world):
    world.open()
    world.pass_time(30)

    world.fail(1)

    world.pass_time(29)
    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works)
    world.pass_time(1)
    assert world.breaker.call(world.works) == "stored"


def test_a_refused_photo_is_proof_enough_that_the_store_is_back(world):
    world.open()
    world.pass_time(30)

    world.fail(1, StoreRefused)

    assert world.claimed().state is CLOSED


def test_only_the_probe_goes_without_its_retries(world):
    world.open()
    world.pass_time(30)

    assert world.breaker.call(world.works, probe=lambda: "probed") == "probed"
    assert world.breaker.call(world.works, probe=lambda: "probed") == "stored"


def test_a_prober_that_died_is_followed_when_its_lease_is_over(world):
    world.open()
    world.pass_time(30)
    world.rows.try_half_open("s3", "dead", 30)

    world.pass_time(29)
    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works)
    world.pass_time(1)
    assert world.breaker.call(world.works) == "stored"
    assert world.claimed().state is CLOSED


def test_a_probe_that_ended_in_our_own_trouble_may_be_repeated_by_the_same_container(world):
    world.open()
    world.pass_time(30)
    world.fail(1, ZeroDivisionError)

    assert world.breaker.call(world.works) == "stored"
    assert world.claimed().state is CLOSED


def test_a_late_failure_of_a_container_that_saw_it_closed_lengthens_no_pause(world):
    late = world.container()
    world.fail(4, breaker=late)
    before = BreakerRow("s3")
    world.open()
    opened_at = world.claimed().opened_at
    world.pass_time(10)

    world.fail(1, breaker=late, known=before)

    assert world.claimed().opened_at == opened_at
    assert world.changes == []


def test_a_container_that_saw_it_open_is_told_to_come_back_at_once_when_it_is_closed_again(world):
    world.open()
    before = world.claimed()
    world.pass_time(30)
    world.breaker.call(world.works)

    with pytest.raises(BreakerOpen) as refused:
        world.container().call(world.works, known=before)

    assert refused.value.retry_after == 1
    assert world.claimed().state is CLOSED


def test_a_streak_from_before_a_pause_does_not_count_after_it(world):
    other = world.container()
    world.fail(4, breaker=other)
    world.open()
    with pytest.raises(BreakerOpen):
        other.call(world.works)
    world.pass_time(30)
    world.breaker.call(world.works)

    world.fail(4, breaker=other)

    assert world.claimed().state is CLOSED


def test_every_change_is_told_once(world):
    containers = [world.container() for _ in range(3)]
    before = BreakerRow("s3")
    for container in containers:
        world.fail(5, breaker=container, known=before)
    world.pass_time(30)
    world.fail(1)
    world.pass_time(30)
    world.breaker.call(world.works)

    assert world.changes == [
        ("s3", CLOSED, OPEN),
        ("s3", OPEN, HALF_OPEN),
        ("s3", HALF_OPEN, OPEN),
        ("s3", OPEN, HALF_OPEN),
        ("s3", HALF_OPEN, CLOSED),
    ]


def test_a_listener_that_fails_does_not_change_what_the_caller_hears(world):
    breaker = Breaker("s3", world.rows, on_change=lambda *_: 1 / 0, clock=lambda: world.now)

    world.fail(5, breaker=breaker)

    assert world.claimed().state is OPEN


def test_without_its_rows_a_breaker_lets_everything_through(world):
    world.open()
    world.rows.away = True

    assert world.breaker.call(world.works) == "stored"


def test_rows_that_cannot_be_written_hide_no_outcome_and_tell_of_no_change(world):
    world.rows.away = True

    world.fail(10)

    assert world.changes == []


def test_without_its_rows_nobody_wins_the_probe(world):
    world.open()
    world.pass_time(30)
    known = world.claimed()
    world.rows.away = True

    with pytest.raises(BreakerOpen):
        world.breaker.call(world.works, known=known)
    assert world.calls == 0


def test_two_hundred_callers_do_not_storm_a_store_that_fails_for_a_minute(world):
    """Five failures of each of ten containers at most, then one probe for each pause."""
    containers = [world.container() for _ in range(10)]
    sent = []
    for _second in range(60):
        world.calls = 0
        for caller in range(200):
            with pytest.raises(StoreUnavailable):
                containers[caller % 10].call(world.fails, known=world.claimed())
        sent.append(world.calls)
        world.pass_time(1)

    assert 5 <= sent[0] <= 50
    assert sent[1:30] == [0] * 29
    assert sent[30] == 1
    assert sent[31:] == [0] * 29
    assert containers[7].call(world.works, known=world.claimed()) == "stored"
    assert [c.call(world.works, known=world.claimed()) for c in containers] == ["stored"] * 10


def test_importing_it_imports_no_powertools_and_calling_it_imports_no_boto3():
    code = (
        "import sys; from shared.resilience.breaker import Breaker, BreakerRow;"
        "assert not any('powertools' in name for name in sys.modules);"
        "Breaker('s3', None).call(int, known=BreakerRow('s3'));"
        "assert 'boto3' not in sys.modules and 'aws_lambda_powertools.utilities.circuit_breaker' in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_powertools_finds_the_persistence_layer_that_it_expects():
    """Ours does not inherit from theirs, so this says when an upgrade asks for more."""
    from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
        CircuitBreakerPersistenceLayer as Theirs,
    )

    for name, theirs in inspect.getmembers(Theirs, inspect.isfunction):
        if not name.startswith("_"):
            ours = getattr(module._View, name)
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name
