"""What only ImageKit does to a call: it tells a wait in milliseconds, and shows what it took in a call of its own."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreUnavailable
from tests.support.assets import asset_of
from tests.support.imagekit import double, store_at
from tests.support.store_calls import NAME, PHOTO, ask


@pytest.fixture
def imagekit(tmp_path):
    with double(tmp_path) as running:
        yield running


@pytest.fixture
def store(imagekit):
    """With a photo that can be looked at."""
    with store_at(imagekit.url) as made:
        ask(made, "put")
        yield made


def test_the_wait_that_imagekit_tells_is_passed_on_in_whole_seconds(imagekit, store):
    imagekit.arm("429", operation="list")

    with pytest.raises(StoreBusy) as caught:
        ask(store, "look")

    assert caught.value.retry_after == 6


@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply", "404"])
def test_a_look_that_saw_no_bytes_has_changed_nothing(imagekit, store, fault):
    imagekit.arm(fault, operation="delivery")

    with pytest.raises(StoreUnavailable):
        ask(store, "look")


@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply", "404"])
def test_an_upload_that_nobody_could_see_may_have_happened(imagekit, store, fault):
    imagekit.arm(fault, operation="delivery")

    with pytest.raises(OutcomeUnknown):
        ask(store, "put")


def test_an_account_that_shows_nothing_without_a_signature_must_be_repaired(imagekit, store):
    imagekit.arm("401", operation="delivery")

    with pytest.raises(ProviderDown) as caught:
        ask(store, "put")

    assert "unsigned" in caught.value.facts["check"]


@pytest.mark.parametrize("operation", ["upload", "delivery"])
def test_a_slow_put_ends_when_its_time_is_over_and_may_have_happened(imagekit, store, operation):
    imagekit.arm("slow", operation=operation, seconds=2)
    started = time.monotonic()

    with pytest.raises(OutcomeUnknown):
        ask(store, "put", 0.3)

    assert time.monotonic() - started < 1


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
