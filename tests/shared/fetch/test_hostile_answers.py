"""An answer that is broken, too large or a lie is refused, held at most once, and told to nobody."""

import gzip
import socket
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AppError
from shared.failures import CLASSES
from shared.fetch.client import Fetcher
from shared.fetch.refusals import UpstreamBrokeOff, UpstreamInvalid
from tests.shared.aws.scripted import says

SECRET = b"root:x:0:0"
HEAD = b"HTTP/1.1 200 OK\r\n"


def get(fetcher, server, seconds=5.0, max_bytes=1000):
    return fetcher(server).get(server.origin, seconds=seconds, max_bytes=max_bytes)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 1001\r\n\r\n" + SECRET * 200,
        HEAD + b"Content-Length: 999999999999999999999999\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: 5000\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: -1\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: +5\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: 1_0\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: 5, 5\r\n\r\n" + SECRET,
        HEAD + b"Content-Length:\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + SECRET,
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\n\r\n" + SECRET,
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Connection: close\r\n\r\n" + SECRET * 200,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(9_000_000)),
        HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nxx",
        HEAD + b"Content-Encoding: identity, deflate\r\nContent-Length: 2\r\n\r\nxx",
        HEAD + b"Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
        HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(200)) + b"\r\n",
        HEAD + b"X-A: " + b"a" * 70_000 + b"\r\n\r\n",
        HEAD + b"".join(b"X-%d: " % number + b"a" * 9000 + b"\r\n" for number in range(9)) + b"\r\n",
        b"HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\n" + SECRET,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        b"HTTP/1.1 300 Choices\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_for_good_and_not_repeated(serve, fetcher, answer):
    server = serve([says(answer)])

    with pytest.raises(UpstreamInvalid) as refused:
        get(fetcher, server)

    assert (refused.value.status, refused.value.code, refused.value.failure_class) == (
        422,
        "upstream_invalid",
        "permanent",
    )
    assert SECRET.decode() not in f"{refused.value.message}{refused.value.facts}"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 10\r\n\r\nhi",
        HEAD + b"Content-Length: 10\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhi\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nhello\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_refused_and_may_be_asked_for_again(serve, fetcher, answer):
    server = serve([says(answer)])

    with pytest.raises(UpstreamBrokeOff) as refused:
        get(fetcher, server)

    assert (refused.value.status, refused.value.code) == (422, "upstream_invalid")
    assert (refused.value.retryable, refused.value.facts) == (True, {"failure_type": "download_failed"})


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nhi" + SECRET, b"hi"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (HEAD + b"Content-Length: 0\r\n\r\n" + SECRET, b""),
        (HEAD + b"\r\nhi", b"hi"),
        (HEAD + b"Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\nhi\r\n3\r\n yo\r\n0\r\nX: y\r\n\r\n", b"hi yo"),
        (HEAD + b"Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nhi", b"hi"),
        (HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000, b"x" * 1000),
    ],
)
def test_what_has_one_reading_is_read_and_nothing_after_its_end(serve, fetcher, answer, body):
    server = serve([says(answer)])

    assert get(fetcher, server).body == body


PIECES = [
    HEAD, b"HTTP/1.1 404 x\r\n", b"HTTP/1.1 302 x\r\n", b"HTTP/1.1 100 x\r\n\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Location: /x\r\n", b"Content-Encoding: gzip\r\n", b"\r\n", b"5\r\n",
    b"0\r\n", b"-1\r\n", b"hello", b"Retry-After: 1\r\n", b": \r\n", b" x\r\n", b"HTTP/1.1 ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=9), max_size=12).map(b"".join), st.booleans())
def test_whatever_comes_is_an_answer_or_one_of_our_errors(answer, writes):
    def dial(*_):
        ours, theirs = socket.socketpair()
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        held.append(theirs)
        return ours

    held = []
    ask = _post if writes else _get
    try:
        failed = ask(Fetcher(dial=dial, floor=0))
    finally:
        for theirs in held:
            theirs.close()

    assert failed is None or failed.facts["failure_type"] in CLASSES


def _get(client):
    try:
        client.get("http://8.8.8.8/", seconds=5, max_bytes=100)
    except AppError as error:
        return error


def _post(client):
    try:
        client.post("http://8.8.8.8/", b"x", {}, seconds=5)
    except AppError as error:
        return error


def test_a_large_file_is_held_once(serve, fetcher):
    size = 20_000_000
    body = bytes(size)

    def send(connection, _):
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        connection.sendall(body)

    server = serve([send])
    tracemalloc.start()
    try:
        fetched = get(fetcher, server, max_bytes=size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(fetched.body) == size
    assert peak < size * 1.3
