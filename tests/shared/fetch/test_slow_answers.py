"""What takes its time, or never ends, is left when the time or the size that was agreed on is over."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from shared.errors import OutcomeUnknown
from shared.fetch.refusals import UpstreamInvalid, UpstreamTooSlow, UpstreamUnavailable

HEAD = b"HTTP/1.1 200 OK\r\n"


def get(fetcher, server, seconds=5.0, max_bytes=1000):
    return fetcher(server).get(server.origin, seconds=seconds, max_bytes=max_bytes)


def endless(start, part, pause=0.0):
    """Say the same again until the other side hangs up."""

    def run(connection, _):
        with suppress(OSError):
            connection.sendall(start)
            ends = time.monotonic() + 5
            while time.monotonic() < ends:
                connection.sendall(part)
                if pause:
                    threading.Event().wait(pause)

    return run


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (HEAD + b"\r\n", b"x" * 10_000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 9000 + b"\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n" * 1000),
        (HEAD, b"X-A: b\r\n" * 1000),
        (HEAD + b"X-A: ", b"a" * 10_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
)
def test_what_never_ends_is_left_as_soon_as_it_is_too_much(serve, fetcher, start, part):
    server = serve([endless(start, part)])
    began = time.monotonic()

    with pytest.raises(UpstreamInvalid):
        get(fetcher, server, seconds=30)

    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (HEAD + b"Content-Length: 900\r\n\r\n", b"x"),
        (HEAD + b"\r\n", b"x"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"e"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
    ],
)
def test_a_body_that_drips_is_given_up_when_the_time_is_over(serve, fetcher, start, part):
    server = serve([endless(start, part, pause=0.005)])
    began = time.monotonic()

    with pytest.raises(UpstreamTooSlow) as refused:
        get(fetcher, server, seconds=0.5)

    assert time.monotonic() - began < 3
    assert (refused.value.status, refused.value.code) == (422, "upstream_invalid")
    assert (refused.value.retryable, refused.value.facts) == (True, {"failure_type": "network_timeout"})


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"", b"H"),
        (HEAD + b"X-A: ", b"a"),
        (HEAD, b"X-A: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_a_head_that_drips_is_given_up_when_the_time_is_over(serve, fetcher, start, part):
    server = serve([endless(start, part, pause=0.005)])
    began = time.monotonic()

    with pytest.raises(UpstreamUnavailable) as failed:
        get(fetcher, server, seconds=0.1)

    assert time.monotonic() - began < 3
    assert failed.value.facts["failure_type"] == "network_timeout"


def test_all_steps_of_a_redirect_share_one_deadline(serve, fetcher):
    def late(connection, _):
        threading.Event().wait(0.06)
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 302 x\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")

    server = serve(*([late] for _ in range(4)))

    with pytest.raises(UpstreamUnavailable):
        get(fetcher, server, seconds=0.1)

    assert len(server.requests) <= 2


def test_a_host_that_reads_slowly_does_not_hold_a_message_beyond_the_deadline(fetcher):
    done = threading.Event()

    def sip(listener):
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            while not done.wait(0.02):
                connection.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=sip, args=(listener,))
        thread.start()
        began = time.monotonic()

        try:
            with pytest.raises(OutcomeUnknown):
                fetcher(allow_private=frozenset({place})).post(f"http://{place}/", bytes(50_000_000), {}, seconds=0.5)
        finally:
            done.set()
            thread.join()
    assert time.monotonic() - began < 3
