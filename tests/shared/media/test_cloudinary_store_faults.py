"""Whatever Cloudinary does to a call, it becomes the error that says what must follow."""

import socket
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.media.verify import verify
from tests.shared.media.cloudinary_calls import EVERY, NAME, PHOTO, SECONDS, WRITE
from tests.support.assets import asset_of
from tests.support.cloudinary import double, store_at
from tests.support.stranger import stranger_at


@pytest.fixture
def cloudinary(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(cloudinary):
    with store_at(cloudinary.url) as made:
        yield made


@pytest.fixture
def store_nowhere():
    """For an address that nobody serves."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with store_at(f"cloudinary://KEY:SECRET@demo?upload_prefix=http://127.0.0.1:{port}") as made:
        yield made


@pytest.fixture
def stranger(tmp_path):
    with stranger_at(tmp_path) as url:
        yield url


@EVERY
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("420", (StoreBusy, "rate_limited")),
        ("502_html", (StoreUnavailable, "bad_gateway")),
        ("401", (ProviderDown, "auth_error")),
    ],
)
def test_an_answered_fault_is_of_its_own_class(cloudinary, store, call, fault, expected):
    cloudinary.arm(fault, operation=call.operation)

    with pytest.raises(expected[0]) as caught:
        call(store)

    assert (type(caught.value), caught.value.facts["failure_type"]) == expected
    assert cloudinary.calls() == {call.operation: 1}


@WRITE
@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply"])
def test_a_write_without_an_answer_may_have_happened(cloudinary, store, call, fault):
    cloudinary.arm(fault, operation=call.operation)

    with pytest.raises(OutcomeUnknown):
        call(store)

    assert cloudinary.calls() == {call.operation: 1}


@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply"])
def test_a_look_without_an_answer_has_changed_nothing(cloudinary, store, fault):
    cloudinary.arm(fault, operation="admin")

    with pytest.raises(StoreUnavailable):
        store.look(NAME)

    assert cloudinary.calls() == {"admin": 1}


@WRITE
def test_a_slow_write_ends_when_its_time_is_over_and_may_have_happened(cloudinary, call):
    cloudinary.arm("slow", operation=call.operation, seconds=2)

    with store_at(cloudinary.url, timeout=0.3) as store, pytest.raises(OutcomeUnknown):
        call(store, 0.3)

    assert cloudinary.calls() == {call.operation: 1}


def test_a_slow_look_ends_when_its_time_is_over(cloudinary):
    cloudinary.arm("slow", operation="admin", seconds=2)

    with store_at(cloudinary.url, timeout=0.3) as store, pytest.raises(StoreUnavailable):
        store.look(NAME)

    assert cloudinary.calls() == {"admin": 1}


@EVERY
def test_where_nobody_listens_nothing_was_sent(store_nowhere, call):
    with pytest.raises(StoreUnavailable) as caught:
        call(store_nowhere)

    assert caught.value.facts["failure_type"] == "not_sent"


@EVERY
def test_to_a_stranger_nothing_was_sent(stranger, call):
    url = f"cloudinary://KEY:SECRET@demo?upload_prefix={stranger}"

    with store_at(url) as store, pytest.raises(StoreUnavailable) as caught:
        call(store)

    assert caught.value.facts["failure_type"] == "not_sent"


@WRITE
def test_a_connection_is_tried_once_however_often_the_sdk_would(store_nowhere, call, monkeypatch):
    """Its own pool tries four times, each for the whole timeout."""
    tried = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda *a: tried.append(a) or connect(*a))

    with pytest.raises(StoreUnavailable):
        call(store_nowhere)

    assert len(tried) == 1


@pytest.mark.parametrize("fault", ["truncate", "other_asset"])
def test_foreign_bytes_under_our_name_are_found_out(cloudinary, store, fault):
    asset = asset_of(PHOTO)
    cloudinary.arm(fault, times=1)

    stored = store.put(NAME, asset, SECONDS)

    with pytest.raises(OutcomeUnknown, match=r"the size is .* the MD5 is"):
        verify(asset, stored, NAME)


def test_the_wait_that_an_upload_is_told_ends_when_the_hour_does(cloudinary):
    resets = datetime.fromtimestamp(cloudinary.cloud.rate_limit.facts()["reset"], UTC)
    cloudinary.arm("420", operation="upload")

    with store_at(cloudinary.url, now=resets - timedelta(seconds=99.5)) as store, pytest.raises(StoreBusy) as caught:
        store.put(NAME, asset_of(PHOTO), SECONDS)

    assert caught.value.retry_after == 100


def test_the_wait_that_a_look_is_told_ends_when_the_hour_does(cloudinary):
    cloudinary.cloud.rate_limit.set(0)
    resets = datetime.fromtimestamp(cloudinary.cloud.rate_limit.facts()["reset"], UTC)

    with store_at(cloudinary.url, now=resets - timedelta(seconds=7)) as store, pytest.raises(StoreBusy) as caught:
        store.look(NAME)

    assert caught.value.retry_after == 7


def test_a_source_that_cannot_be_fetched_may_be_another_time(cloudinary, store):
    source = f"{cloudinary.cloud.base_url}/_stand-in/nothing"

    with pytest.raises((OutcomeUnknown, StoreRefused)) as caught:
        store.put(NAME, asset_of(PHOTO, body=None, source_url=source), SECONDS)

    assert caught.value.facts["failure_type"] in {"download_failed", "not_found"}


@pytest.mark.parametrize("setting", ["oauth_token", "signature_algorithm"])
def test_settings_that_the_sdk_found_elsewhere_change_nothing(store, setting, monkeypatch):
    from cloudinary import config

    monkeypatch.setitem(config().__dict__, setting, "sha256")
    asset = asset_of(PHOTO)

    verify(asset, store.put(NAME, asset, SECONDS), NAME)
