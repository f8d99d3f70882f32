"""A file is fetched and a message delivered; nothing of ours or of the caller's goes where it was not meant to."""

import socket
import threading

import pytest

from shared.errors import BadRequest, OutcomeUnknown
from shared.fetch.client import Fetched
from shared.fetch.refusals import UpstreamInvalid, UpstreamUnavailable
from tests.shared.aws.scripted import OK, hangs_up, says


def test_a_file_comes_back_whole_with_where_it_came_from(serve, fetcher):
    server = serve([says(OK)])

    fetched = fetcher(server).get(f"{server.origin}/a?b#c", seconds=5, max_bytes=2)

    assert fetched == Fetched(200, {"content-length": "2", "x-kind": "good"}, b"hi", f"{server.origin}/a?b")


def test_the_question_is_plain_and_asks_for_what_is_not_compressed(serve, fetcher):
    server = serve([says(OK)])

    fetcher(server).get(f"{server.origin}/a", seconds=5, max_bytes=9, headers={"Accept": "image/*", "X-A": "1"})

    assert server.requests[0].split(b"\r\n") == [
        b"GET /a HTTP/1.1",
        b"Host: " + server.origin.removeprefix("http://").encode(),
        b"Connection: close",
        b"Accept-Encoding: identity",
        b"user-agent: Keepsake",
        b"accept: image/*",
        b"x-a: 1",
        b"",
        b"",
    ]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"])
def test_proxies_of_the_environment_are_not_asked(serve, fetcher, monkeypatch, variable):
    server, proxy = serve([says(OK)]), serve([says(OK)])
    monkeypatch.setenv(variable, proxy.origin)

    fetcher(server).get(server.origin, seconds=5, max_bytes=9)

    assert (len(server.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "b\r\nHost: evil"},
        {"X-A": "b\x00"},
        {"X-A": "\u2028"},
        {"X-A\r\nB": "c"},
        {"X A": "b"},
        {"": "b"},
        {"Host": "evil"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Accept-Encoding": "gzip"},
        {"Connection": "keep-alive"},
    ],
)
def test_a_header_that_would_change_the_message_is_refused_before_anything_is_sent(serve, fetcher, headers):
    server = serve()

    with pytest.raises(BadRequest):
        fetcher(server).post(server.origin, b"x", headers, seconds=5)

    assert server.requests == []


def test_a_message_is_delivered_with_its_length_and_its_headers(serve, fetcher):
    server = serve([says(OK)])

    fetched = fetcher(server).post(f"{server.origin}/hook", b"news", {"X-Signature": "s"}, seconds=5)

    assert (fetched.status, fetched.body) == (200, b"hi")
    assert server.requests[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"x-signature: s\r\nContent-Length: 4\r\n\r\nnews")


def test_a_url_that_is_none_is_the_caller_s_mistake_and_costs_no_time(fetcher):
    slept = []

    with pytest.raises(BadRequest):
        fetcher(floor=3, sleep=slept.append).get("http://user@example.com/", seconds=5, max_bytes=9)

    assert slept == []


def test_an_empty_message_says_that_it_is_empty(serve, fetcher):
    server = serve([says(OK)])

    fetcher(server).post(server.origin, b"", {}, seconds=5)

    assert server.requests[0].endswith(b"Content-Length: 0\r\n\r\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
def test_a_message_is_never_sent_on_to_somewhere_else(serve, fetcher, status):
    elsewhere = serve([says(OK)])
    moved = f"HTTP/1.1 {status} x\r\nLocation: {elsewhere.origin}\r\nContent-Length: 0\r\n\r\n".encode()
    server = serve([says(moved)])

    with pytest.raises(UpstreamInvalid, match="give the address itself"):
        fetcher(server, elsewhere).post(server.origin, b"x", {}, seconds=5)

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 90_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 90_000,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 202 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 10,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz",
    ],
)
def test_a_message_that_was_taken_is_delivered_whatever_is_said_beside_it(serve, fetcher, answer):
    server = serve([says(answer)])

    fetched = fetcher(server).post(server.origin, b"x", {}, seconds=5, max_bytes=1000)

    assert 200 <= fetched.status < 300
    assert len(fetched.body) <= 1000


@pytest.mark.parametrize(
    "script", [hangs_up, says(b"SSH-2.0\r\n"), says(b"HTTP/1.1 2"), says(b"HTTP/2.0 200 OK\r\n\r\n")]
)
def test_a_message_without_an_answer_may_have_been_taken_and_a_question_was_only_lost(serve, fetcher, script):
    asked, told = serve([script]), serve([script])

    with pytest.raises(UpstreamUnavailable) as lost:
        fetcher(asked).get(asked.origin, seconds=5, max_bytes=9)
    with pytest.raises(OutcomeUnknown) as unknown:
        fetcher(told).post(told.origin, b"x", {}, seconds=5)

    assert lost.value.facts["failure_type"] == unknown.value.facts["failure_type"] == "no_answer"


def test_a_message_that_could_not_be_sent_was_surely_not_taken(fetcher):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"

        with pytest.raises(UpstreamUnavailable) as failed:
            fetcher(allow_private=frozenset({place})).post(f"http://{place}/", b"x", {}, seconds=5)

    assert failed.value.facts["failure_type"] == "not_sent"


def test_a_refusal_before_the_whole_message_was_read_is_still_heard(fetcher):
    def refuse_early(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=refuse_early, args=(listener,))
        thread.start()

        with pytest.raises(Exception, match="413"):
            fetcher(allow_private=frozenset({place})).post(f"http://{place}/", bytes(9_000_000), {}, seconds=5)

        thread.join()
