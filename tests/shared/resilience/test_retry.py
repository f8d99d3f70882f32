"""A failed call is repeated for named errors only, after growing waits, inside the time there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import StoreBusy, StoreRefused, StoreUnavailable, Unavailable
from shared.resilience.budget import Budget
from shared.resilience.retry import Wait, retry


class World:
    """A clock that only sleeping and calling move."""

    def __init__(self, *outcomes, left=3600.0, each=0.0):
        self.outcomes = list(outcomes)
        self.left = left
        self.each = each
        self.slept = []
        self.calls = 0

    def call(self):
        self.calls += 1
        self.left -= self.each
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.left -= seconds

    def retry(self, *, on=(StoreUnavailable,), jitter=1.0, **options):
        budget = Budget(lambda: self.left)
        return retry(self.call, on=on, budget=budget, sleep=self.sleep, jitter=lambda: jitter, **options)


def down(count, error=StoreUnavailable):
    return [error() for _ in range(count)]


def test_a_success_waits_for_nothing():
    world = World("stored")

    assert world.retry() == "stored"
    assert world.slept == []


def test_a_try_is_repeated_after_one_two_and_four_seconds():
    world = World(*down(3), "stored")

    assert world.retry() == "stored"
    assert world.slept == [1, 2, 4]


def test_the_last_failure_is_raised_when_the_attempts_are_used_up():
    last = StoreUnavailable("the last one")
    world = World(*down(3), last)

    with pytest.raises(StoreUnavailable) as caught:
        world.retry()

    assert caught.value is last
    assert world.slept == [1, 2, 4]


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempts_are_counted_with_the_first(attempts):
    world = World(*down(5))

    with pytest.raises(StoreUnavailable):
        world.retry(attempts=attempts)

    assert world.calls == attempts


def test_an_error_that_was_not_named_is_not_repeated():
    world = World(StoreRefused(), "stored")

    with pytest.raises(StoreRefused):
        world.retry()

    assert world.calls == 1


@given(st.floats(0, 1, exclude_max=True))
def test_the_jitter_takes_at_most_half_of_a_wait(chance):
    world = World(*down(3), "stored")

    world.retry(jitter=chance)

    assert all(full / 2 <= slept <= full for slept, full in zip(world.slept, [1, 2, 4], strict=True))


def test_waits_stop_growing_at_the_cap():
    world = World(*down(5), "stored")

    world.retry(attempts=6, cap=3)

    assert world.slept == [1, 2, 3, 3, 3]


def test_the_provider_s_own_wait_is_kept_and_spread():
    world = World(StoreBusy(retry_after=7), "stored")

    world.retry(on=(StoreBusy,), jitter=0.5)

    assert world.slept == [7.25]


def test_a_wait_that_does_not_fit_is_not_begun():
    world = World(StoreBusy(retry_after=60), "stored", left=30)

    with pytest.raises(StoreBusy):
        world.retry(on=(StoreBusy,))

    assert (world.calls, world.slept) == (1, [])


def test_a_wait_is_not_begun_for_an_attempt_that_would_not_fit_behind_it():
    world = World(*down(2), "stored", left=10, each=2)

    with pytest.raises(StoreUnavailable):
        world.retry(needs=4)

    assert (world.calls, world.slept) == (2, [1])


def test_the_first_attempt_must_fit_too():
    world = World("stored", left=3)

    with pytest.raises(Unavailable, match="no time left"):
        world.retry(needs=4)

    assert world.calls == 0


def test_each_wait_is_told_before_it_begins():
    world, told = World(first := StoreUnavailable(), "stored"), []

    world.retry(before_wait=lambda wait: told.append((wait, list(world.slept))))

    assert told == [(Wait(1, 1.0, first), [])]


@given(left=st.floats(0, 60), each=st.floats(0, 20), chance=st.floats(0, 1, exclude_max=True))
def test_no_attempt_ever_ends_after_the_budget(left, each, chance):
    world = World(*down(4), left=left, each=each)

    with pytest.raises(Unavailable):
        world.retry(needs=each, jitter=chance)

    assert world.left >= -1e-9
