"""Whatever ImageKit does to a call, it becomes the error that says what must follow."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreUnavailable
from tests.support.assets import asset_of
from tests.support.imagekit import DELETE, LOOK, NAME, PHOTO, PUT, double, store_at
from tests.support.stranger import stranger_at

WRITE = pytest.mark.parametrize("call", [PUT, DELETE], ids=lambda call: call.verb)
EVERY = pytest.mark.parametrize("call", [PUT, LOOK, DELETE], ids=lambda call: call.verb)


@pytest.fixture
def imagekit(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(imagekit):
    """With a photo that can be looked at and deleted."""
    with store_at(imagekit.url) as made:
        PUT(made)
        imagekit.kit.calls.clear()
        yield made


@pytest.fixture
def store_nowhere():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with store_at(f"imagekit://KEY@127.0.0.1:{port}/demo?upload_prefix=http://127.0.0.1:{port}") as made:
        yield made


@EVERY
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("429", (StoreBusy, "rate_limited")),
        ("502", (StoreUnavailable, "bad_gateway")),
        ("503", (StoreUnavailable, "service_unavailable")),
        ("403", (ProviderDown, "auth_error")),
        ("401", (ProviderDown, "auth_error")),
    ],
)
def test_an_answered_fault_is_of_its_own_class_and_tried_once(imagekit, store, call, fault, expected):
    imagekit.arm(fault, operation=call.operation)

    with pytest.raises(expected[0]) as caught:
        call(store)

    assert (type(caught.value), caught.value.facts["failure_type"]) == expected
    assert imagekit.calls()[call.operation] == 1


def test_the_wait_that_imagekit_tells_is_passed_on_in_whole_seconds(imagekit, store):
    imagekit.arm("429", operation="list")

    with pytest.raises(StoreBusy) as caught:
        LOOK(store)

    assert caught.value.retry_after == 6


@WRITE
@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply"])
def test_a_write_without_an_answer_may_have_happened(imagekit, store, call, fault):
    imagekit.arm(fault, operation=call.operation)

    with pytest.raises(OutcomeUnknown):
        call(store)

    assert imagekit.calls()[call.operation] == 1


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(each, fault) for each in ("list", "delivery") for fault in ("500", "refuse", "lose_reply")]
    + [("delivery", "404")],
)
def test_a_look_without_an_answer_has_changed_nothing(imagekit, store, operation, fault):
    imagekit.arm(fault, operation=operation)

    with pytest.raises(StoreUnavailable):
        LOOK(store)


@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply", "404"])
def test_an_upload_that_nobody_could_see_may_have_happened(imagekit, store, fault):
    imagekit.arm(fault, operation="delivery")

    with pytest.raises(OutcomeUnknown):
        PUT(store)


def test_an_account_that_shows_nothing_without_a_signature_must_be_repaired(imagekit, store):
    imagekit.arm("401", operation="delivery")

    with pytest.raises(ProviderDown) as caught:
        PUT(store)

    assert "unsigned" in caught.value.facts["check"]


@pytest.mark.parametrize("operation", ["upload", "delivery"])
def test_a_slow_put_ends_when_its_time_is_over_and_may_have_happened(imagekit, store, operation):
    imagekit.arm("slow", operation=operation, seconds=2)
    started = time.monotonic()

    with pytest.raises(OutcomeUnknown):
        PUT(store, 0.3)

    assert time.monotonic() - started < 1


@pytest.mark.parametrize(("call", "expected"), [(LOOK, StoreUnavailable), (DELETE, OutcomeUnknown)])
def test_every_other_call_ends_when_its_time_is_over(imagekit, store, call, expected):
    imagekit.arm("slow", operation=call.operation, seconds=2)

    with store_at(imagekit.url, timeout=0.3) as hasty, pytest.raises(expected):
        call(hasty)


@EVERY
def test_where_nobody_listens_nothing_was_sent(store_nowhere, call):
    with pytest.raises(StoreUnavailable) as caught:
        call(store_nowhere)

    assert caught.value.facts["failure_type"] == "not_sent"


@EVERY
def test_to_a_stranger_nothing_was_sent(tmp_path, call):
    with (
        stranger_at(tmp_path) as url,
        store_at(f"imagekit://KEY@127.0.0.1/demo?upload_prefix={url}") as store,
        pytest.raises(StoreUnavailable) as caught,
    ):
        call(store)

    assert caught.value.facts["failure_type"] == "not_sent"


@EVERY
def test_a_connection_is_tried_once(store_nowhere, call, monkeypatch):
    tried = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda *a: tried.append(a) or connect(*a))

    with pytest.raises(StoreUnavailable):
        call(store_nowhere)

    assert len(tried) == 1


def test_a_reply_that_drips_ends_when_the_time_is_over():
    """The SDK's own timeout begins anew with every byte."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        port = listener.getsockname()[1]
        url = f"imagekit://KEY@127.0.0.1:{port}/demo?upload_prefix=http://127.0.0.1:{port}"
        started = time.monotonic()

        with store_at(url) as store, pytest.raises(OutcomeUnknown):
            store.put(NAME, asset_of(PHOTO), 0.4)

        assert time.monotonic() - started < 1
        thread.join()


def drip(listener):
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"{")
            time.sleep(0.05)
