"""One upload again: it is stored, or what is left of it says when it comes back, or why it does not."""

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.uploads.retry import claim_next, retry_one

LEFT = "state", "failure_class", "failure_type", "tries", "parked_key IS NOT NULL"
DUE_IN = "round(extract(epoch FROM next_retry_at - now()))::int"


@pytest.fixture
def cloudinary(deps):
    return deps.stores[StoreName.CLOUDINARY]


@pytest.fixture
def try_again(deps, parked):
    def once(upload_id):
        parked.sql.execute("UPDATE uploads SET next_retry_at = now() WHERE state = 'open' AND id = %s", (upload_id,))
        due = claim_next(deps, only=[upload_id])
        return due and retry_one(due, deps, Budget.seconds(100))

    return once


def test_its_bytes_go_from_our_bucket_to_the_store_and_it_is_a_photo(deps, parked, cloudinary, try_again):
    upload_id = parked.one()

    assert try_again(upload_id) is None

    assert parked.row(upload_id, "state", "photo_id", "tries") == ("committed", upload_id, 1)
    assert len(cloudinary.puts) == 1
    assert deps.alarm.later == []


def test_five_tries_five_pauses_then_it_ends_and_a_person_may_still_want_its_bytes(
    deps, parked, cloudinary, try_again
):
    upload_id = parked.one()
    cloudinary.always = StoreBusy()

    pauses = []
    for _ in range(5):
        try_again(upload_id)
        pauses.append(parked.row(upload_id, DUE_IN))

    assert pauses == [300, 900, 3_600, 21_600, None]
    assert parked.row(upload_id, *LEFT) == ("failed", "permanent", "store_busy", 5, True)
    assert parked.row(upload_id, "failure_detail").startswith("Max retries exceeded.")
    assert [seconds for _, seconds in deps.alarm.later] == pauses[:4]
    assert try_again(upload_id) is None
    assert len(cloudinary.puts) == 5


def test_what_fails_for_an_unknown_reason_is_tried_twice(parked, cloudinary, try_again):
    upload_id = parked.one()
    cloudinary.always = OutcomeUnknown()

    for _ in range(3):
        try_again(upload_id)

    assert parked.row(upload_id, *LEFT) == ("failed", "permanent", "outcome_unknown", 2, True)
    assert len(cloudinary.puts) == 2


@pytest.mark.parametrize("error", [StoreBusy(), OutcomeUnknown()])
def test_what_a_person_asked_for_is_tried_ten_times_whatever_fails(parked, cloudinary, try_again, error):
    upload_id = parked.one(most_tries=10)
    cloudinary.always = error

    for _ in range(12):
        try_again(upload_id)

    assert parked.row(upload_id, "state", "tries") == ("failed", 10)
    assert len(cloudinary.puts) == 10


def test_what_the_store_refuses_for_good_is_not_tried_again_nor_kept(deps, parked, cloudinary, try_again):
    upload_id = parked.one()
    cloudinary.always = StoreRefused("not an image")

    try_again(upload_id)

    assert parked.row(upload_id, *LEFT) == ("failed", "permanent", "store_refused", 1, False)
    assert deps.alarm.later == []


def test_an_outage_spends_no_try_and_wakes_nobody(deps, parked, cloudinary, try_again):
    upload_id = parked.one(tries=2)
    cloudinary.always = ProviderDown()

    for _ in range(9):
        try_again(upload_id)

    assert parked.row(upload_id, *LEFT) == ("open", "outage", "provider_down", 2, True)
    assert deps.alarm.later == []


def test_the_store_says_how_long_to_wait(deps, parked, cloudinary, try_again):
    upload_id = parked.one()
    cloudinary.always = StoreBusy(retry_after=700)

    try_again(upload_id)

    assert parked.row(upload_id, DUE_IN) == 700
    assert deps.alarm.later == [(upload_id, 700)]


@pytest.mark.parametrize("details", ["{}", '{"image": {"mime": "image/jpeg"}}'])
def test_a_row_that_nobody_can_read_ends_like_everything_else_that_fails(parked, try_again, details):
    upload_id = parked.one(details=details)

    errors = [try_again(upload_id).code, try_again(upload_id).code]

    assert errors == ["retry_broke", "retry_broke"]
    assert parked.row(upload_id, *LEFT) == ("failed", "permanent", "retry_broke", 2, True)


def test_whoever_kills_its_worker_every_time_is_not_tried_for_ever(parked, cloudinary, try_again):
    upload_id = parked.one(tries=5)

    error = try_again(upload_id)

    assert error.code == "retry_broke"
    assert cloudinary.puts == []
    assert parked.row(upload_id, *LEFT) == ("failed", "permanent", "retry_broke", 6, True)


def test_an_alarm_that_cannot_be_set_changes_nothing(deps, parked, cloudinary, try_again):
    upload_id = parked.one()
    cloudinary.always = StoreBusy()
    deps.alarm.ring_at = _refuse

    assert try_again(upload_id).code == "store_busy"

    assert parked.row(upload_id, DUE_IN) == 300


def _refuse(*_):
    raise StoreBusy
