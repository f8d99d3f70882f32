"""How often an upload may be tried again depends on what failed, and on whether a person asked."""

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.uploads.schedule import MOST_TRIES
from shared.uploads.tries import is_spent, loss_of, pause_before

# Error, tries so far, most tries: whether that was the last one.
BUDGETS = [
    (StoreBusy(), 4, 5, False),
    (StoreBusy(), 5, 5, True),
    (StoreBusy(), 9, 10, False),
    (StoreBusy(), 10, 10, True),
    (OutcomeUnknown(), 1, 5, False),
    (OutcomeUnknown(), 2, 5, True),
    (OutcomeUnknown(), 9, 10, False),
    (OutcomeUnknown(), 10, 10, True),
    (ProviderDown(), 99, 5, False),
    (StoreRefused(), 1, 5, False),
]


@pytest.mark.parametrize(("error", "tries", "most", "last"), BUDGETS)
def test_each_class_has_its_own_budget_and_a_persons_wish_is_one_for_all(error, tries, most, last):
    assert is_spent(error.failure_class, tries, most) is last


@pytest.mark.parametrize(("error", "tries", "most", "last"), BUDGETS)
def test_the_last_try_ends_the_upload_and_keeps_its_bytes(error, tries, most, last):
    loss = loss_of(error, tries=tries, most_tries=most, retry_in=60.0)

    assert loss.keep_parked is last
    assert (loss.reply is not None) is (last or error.failure_class == "permanent")
    assert loss.failure_type == error.code
    if last:
        assert (loss.failure_class, loss.reply.status) == ("permanent", 502)
        assert loss.detail.startswith("Max retries exceeded")


def test_what_is_permanent_is_not_kept():
    loss = loss_of(StoreRefused("not an image"), tries=1, most_tries=5, retry_in=60.0)

    assert (loss.keep_parked, loss.reply.status, loss.detail) == (False, 422, "not an image")


def test_the_pauses_are_one_five_and_fifteen_minutes_then_one_and_six_hours():
    pauses = [pause_before(number, StoreBusy()) for number in range(1, MOST_TRIES + 3)]

    assert pauses == [60, 300, 900, 3_600, 21_600, 21_600, 21_600]


@pytest.mark.parametrize(("asked", "waits"), [(None, 300.0), (30, 300.0), (1_800, 1_800.0)])
def test_what_the_provider_asks_for_counts_where_it_is_longer(asked, waits):
    error = StoreUnavailable(retry_after=asked)

    loss = loss_of(error, tries=1, most_tries=5, retry_in=300.0)

    assert (pause_before(2, error), loss.retry_in) == (waits, waits)
