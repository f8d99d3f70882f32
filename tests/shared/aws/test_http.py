"""One request, one answer; and without an answer it is known whether anything was sent."""

import socket
import ssl
import threading
import tracemalloc

import pytest

from shared.aws.http import HttpClient, NoAnswer, NotSent
from tests.shared.aws.scripted import OK, Crowd, Script, Server, hangs_up, says


@pytest.fixture
def serve(http):
    started: list[Server] = []

    def start(*scripts: Script, kind: type[Server] = Server) -> Server:
        started.append(kind(*scripts))
        return started[-1]

    yield start
    http.close()
    for server in started:
        server.end()


def get(http, server, **options):
    return http.request("GET", f"{server.origin}/path?a=b", headers={"host": "here", "x-a": "1"}, **options)


def test_an_answer_comes_back_with_lower_case_headers(http, serve):
    server = serve([says(OK)])

    answer = get(http, server)

    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hi", "good")
    assert server.requests[0] == b"GET /path?a=b HTTP/1.1\r\nhost: here\r\nx-a: 1\r\n\r\n"


def test_a_second_request_uses_the_connection_of_the_first(http, serve):
    server = serve([says(OK), says(OK)])

    answers = [get(http, server), get(http, server)]

    assert [answer.body for answer in answers] == [b"hi", b"hi"]


def test_the_answer_to_head_leaves_the_connection_usable(http, serve):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    server = serve([says(head), says(OK)])

    answer = http.request("HEAD", f"{server.origin}/", headers={})

    assert (answer.headers["content-length"], answer.body) == ("5000", b"")
    assert get(http, server).body == b"hi"


def test_a_connection_that_was_closed_meanwhile_is_not_used_even_for_what_must_not_be_repeated(http, serve):
    server = serve([says(OK)], [says(OK)])
    get(http, server)
    _let_the_server_hang_up(http, server)

    answer = http.request("POST", f"{server.origin}/", headers={}, body=b"x", repeatable=False)

    assert answer.body == b"hi"
    assert len(server.requests) == 2


def _let_the_server_hang_up(http, server):
    """The script of the first connection is over; its end must have arrived before the next request."""
    assert server.closed.wait(5)
    ((kept,),) = http._idle.values()
    kept.sock.settimeout(5)
    assert kept.sock.recv(1, socket.MSG_PEEK) == b""


def test_a_harmless_request_on_a_connection_that_dies_is_sent_again(http, serve):
    server = serve([says(OK), hangs_up], [says(OK)])
    get(http, server)

    answer = get(http, server)

    assert answer.body == b"hi"
    assert len(server.requests) == 3


def test_a_request_that_must_not_be_repeated_is_left_in_doubt(http, serve):
    server = serve([says(OK), hangs_up], [says(OK)])
    get(http, server)

    with pytest.raises(NoAnswer, match="closed the connection"):
        http.request("POST", f"{server.origin}/", headers={}, body=b"x")

    assert len(server.requests) == 2


def test_a_repeat_that_finds_nobody_does_not_prove_that_the_first_did_nothing(http, serve):
    def dies_for_good(connection, _):
        server.deafen()
        connection.shutdown(socket.SHUT_RDWR)

    server = serve([says(OK), dies_for_good])
    get(http, server)

    with pytest.raises(NoAnswer, match="takes no new one"):
        http.request("PUT", f"{server.origin}/", headers={}, body=b"x", repeatable=True)


def test_a_new_connection_that_dies_is_not_tried_twice(http, serve):
    server = serve([hangs_up])

    with pytest.raises(NoAnswer, match="closed the connection"):
        get(http, server)

    assert len(server.requests) == 1


def test_an_answer_that_breaks_off_is_no_answer_and_is_not_asked_for_again(http, serve):
    server = serve([says(OK), says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")])
    get(http, server)

    with pytest.raises(NoAnswer, match="7 bytes before its end"):
        get(http, server)


def test_a_server_that_says_nothing_is_given_up_in_time(http, serve):
    done = threading.Event()
    server = serve([lambda *_: done.wait(10)])

    with pytest.raises(NoAnswer, match="TimeoutError"):
        get(http, server, timeout=0.05)

    done.set()


def test_a_server_that_drips_is_given_up_in_time(http, serve):
    done = threading.Event()

    def drip(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while not done.is_set():
            try:
                connection.sendall(b"x")
            except OSError:
                return

    server = serve([drip])

    with pytest.raises(NoAnswer):
        get(http, server, timeout=0.2, max_bytes=10**9)

    done.set()


def test_what_is_not_http_is_no_answer(http, serve):
    server = serve([says(b"SSH-2.0\r\n\r\n")])

    with pytest.raises(NoAnswer, match="BadStatusLine"):
        get(http, server)


def test_an_answer_larger_than_expected_is_not_read(http, serve):
    server = serve([says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 3000)])

    with pytest.raises(NoAnswer, match="larger than the 2000 bytes"):
        get(http, server, max_bytes=2000)


def test_chunks_are_put_together(http, serve):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n"
    server = serve([says(chunked), says(OK)])

    assert get(http, server).body == b"hi yo"
    assert get(http, server).body == b"hi"


def test_a_refusal_before_the_whole_body_was_read_is_still_heard(http):
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_refuse_early, args=(listener, refusal))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

        answer = http.request("PUT", url, headers={}, body=bytes(20_000_000))

        thread.join()
    assert (answer.status, answer.body) == (403, b"no")


def _refuse_early(listener, refusal):
    connection, _ = listener.accept()
    with connection:
        connection.recv(100)
        connection.sendall(refusal)


def test_the_length_of_a_body_is_told_also_when_there_is_none(http, serve):
    server = serve([says(OK), says(OK)])

    http.request("PUT", f"{server.origin}/", headers={}, body=memoryview(b"abc"))
    http.request("POST", f"{server.origin}/", headers={})

    assert b"content-length: 3\r\n\r\nabc" in server.requests[0]
    assert b"content-length: 0\r\n\r\n" in server.requests[1]


def test_without_anybody_listening_nothing_was_sent(http):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"

        with pytest.raises(NotSent, match="cannot connect"):
            http.request("GET", url, headers={})


def test_without_time_nothing_is_sent(http):
    with pytest.raises(NotSent, match="no time"):
        http.request("GET", "http://127.0.0.1:9/", headers={}, timeout=0)


def test_without_time_nothing_is_sent_on_a_kept_connection_either(http, serve):
    server = serve([says(OK)])
    get(http, server)
    assert http._idle

    with pytest.raises(NotSent, match="time"):
        get(http, server, timeout=0)

    assert len(server.requests) == 1


def test_a_certificate_nobody_vouches_for_is_refused_before_anything_is_sent(http):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_greet_without_a_certificate, args=(listener,))
        thread.start()

        with pytest.raises(NotSent):
            http.request("GET", f"https://127.0.0.1:{listener.getsockname()[1]}/", headers={})

        thread.join()


def _greet_without_a_certificate(listener):
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_servers_must_prove_who_they_are():
    trust = HttpClient()._tls

    assert trust.verify_mode is ssl.CERT_REQUIRED
    assert trust.check_hostname


def test_proxies_of_the_environment_are_not_asked(http, serve, monkeypatch):
    server = serve([says(OK)])
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert get(http, server).body == b"hi"


def test_two_threads_never_share_a_connection(http, serve):
    server = serve([says(OK)], [says(OK)], kind=Crowd)
    answers = []

    threads = [threading.Thread(target=lambda: answers.append(get(http, server).body)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [b"hi", b"hi"]
    assert len(http._idle[server.origin]) == 2


def test_a_large_answer_is_held_once(http, serve):
    size = 20_000_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
    body = bytes(size)

    def send(connection, _):
        connection.sendall(head)
        connection.sendall(body)

    server = serve([send])
    tracemalloc.start()
    try:
        answer = get(http, server, max_bytes=size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(answer.body) == size
    assert peak < size * 1.3
