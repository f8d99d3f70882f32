"""Nothing is begun that the time left cannot hold."""

import pytest

from shared.errors import Unavailable
from shared.resilience.budget import Budget


class Context:
    def __init__(self, millis):
        self.millis = millis

    def get_remaining_time_in_millis(self):
        return self.millis


def test_an_invocation_keeps_its_last_moments_for_the_answer():
    assert Budget.from_context(Context(10_000), margin=1.5).left() == 8.5


def test_time_runs_while_the_invocation_does():
    context = Context(3000)
    budget = Budget.from_context(context, margin=1)

    context.millis = 2000

    assert budget.left() == 1.0


def test_what_is_overdrawn_is_none_left():
    assert Budget.from_context(Context(100), margin=1).left() == 0.0


def test_seconds_count_down_from_now():
    now = [100.0]
    budget = Budget.seconds(5, clock=lambda: now[0])

    now[0] = 102.0

    assert budget.left() == 3.0


@pytest.mark.parametrize(("left", "asked", "allowed"), [(2, 2, True), (2, 2.1, False), (0, 0, False), (0.1, 0, True)])
def test_a_step_is_allowed_if_it_can_end_in_time(left, asked, allowed):
    assert Budget(lambda: left).allows(asked) is allowed


@pytest.mark.parametrize(("left", "timeout"), [(30, 10), (4, 4)])
def test_a_call_waits_no_longer_than_there_is_time(left, timeout):
    assert Budget(lambda: left).timeout(10) == timeout


def test_without_time_no_call_is_made_and_the_client_is_asked_back():
    with pytest.raises(Unavailable, match="no time left") as caught:
        Budget(lambda: 0).timeout(10)

    assert caught.value.retry_after == 1
