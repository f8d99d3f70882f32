"""What the front adds to the embedded API Gateway, and what it hands on untouched."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from local.front import EVENT_LIMIT, Front, Upstream
from tests.support.serving import serving

API = "0123abcd"
PREFIX = f"/_aws/execute-api/{API}/$default"


class _Gateway(BaseHTTPRequestHandler):
    """Tells what it was asked; `/slow` answers late, `/cookies` twice."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/slow"):
            time.sleep(1)
        if self.path.endswith("/empty"):
            self.send_response_only(204)
            return self.end_headers()
        told = {"path": self.path, "method": self.command, "headers": dict(self.headers), "size": len(body)}
        content = json.dumps(told).encode()
        self.send_response_only(418)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Keep-Alive", "timeout=5")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else content)
        return None

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815


@pytest.fixture
def gateway() -> Iterator[int]:
    with serving(_Gateway) as place:
        yield int(place.rpartition(":")[2])


@pytest.fixture
def front(gateway: int) -> Iterator[Front]:
    found = Front(0, Upstream(gateway, API, seconds=0.3))
    yield found
    found.close()


@pytest.fixture
def client(front: Front) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    yield connection
    connection.close()


def test_the_request_arrives_as_it_was_sent(client):
    client.request("POST", "/api/v1/x%2Fy?a=1&a=%20", b"12345", {"X-Request-Id": "7", "Content-Type": "image/png"})
    told = json.load(client.getresponse())

    assert told["path"] == f"{PREFIX}/api/v1/x%2Fy?a=1&a=%20"
    assert told["method"] == "POST"
    assert told["size"] == 5
    assert told["headers"]["X-Request-Id"] == "7"


def test_the_host_stays_the_one_that_the_caller_used(client, front):
    client.request("GET", "/", headers={"Host": "localhost:3000"})

    assert json.load(client.getresponse())["headers"]["Host"] == "localhost:3000"


def test_headers_of_one_connection_are_not_handed_on(client):
    client.request(
        "GET", "/", headers={"Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers", "X-Yours": "2"}
    )
    told = json.load(client.getresponse())["headers"]

    assert "X-Yours" in told
    assert not {"X-Mine", "TE", "Connection"} & told.keys()


def test_the_answer_comes_back_whole(client):
    client.request("GET", "/")
    response = client.getresponse()
    response.read()

    assert response.status == 418
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert "Keep-Alive" not in response.headers


def test_one_connection_carries_many_requests(client):
    for target in ("/1", "/empty", "/2"):
        client.request("GET", target)
        response = client.getresponse()
        response.read()

        assert response.status == (204 if target == "/empty" else 418)
        assert not response.will_close


def test_head_is_answered_without_a_body(client):
    client.request("HEAD", "/")
    response = client.getresponse()

    assert int(response.headers["Content-Length"]) > 0
    assert response.read() == b""


def test_a_chunked_body_is_put_together(client):
    client.request("PUT", "/", iter([b"abc", b"de"]), {"Content-Type": "image/png"}, encode_chunked=True)

    assert json.load(client.getresponse())["size"] == 5


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("image/jpeg", EVENT_LIMIT // 4 * 3 - 1000),
        ("application/json", EVENT_LIMIT - 1000),
        ("text/csv; charset=utf-8", EVENT_LIMIT - 1000),
    ],
)
def test_what_fits_into_an_event_passes(client, kind, size):
    client.request("POST", "/", bytes(size), {"Content-Type": kind})

    assert json.load(client.getresponse())["size"] == size


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("image/jpeg", EVENT_LIMIT // 4 * 3),
        ("multipart/form-data; boundary=x", 5_000_000),
        ("application/x-www-form-urlencoded", 5_000_000),
        ("application/json", EVENT_LIMIT),
        ("image/jpeg", 10_000_000),
    ],
)
def test_what_would_not_fit_into_an_event_is_refused_like_the_real_gateway_does(client, kind, size):
    client.request("POST", "/", bytes(size), {"Content-Type": kind})
    response = client.getresponse()

    assert response.status == 413
    assert json.load(response) == {"message": "Request Entity Too Large"}


def test_a_body_without_a_type_travels_in_base64(client):
    client.request("POST", "/", bytes(5_000_000))

    assert client.getresponse().status == 413


def test_a_chunked_body_is_measured_too(client):
    client.request(
        "POST", "/", (bytes(1_000_000) for _ in range(6)), {"Content-Type": "image/png"}, encode_chunked=True
    )

    assert client.getresponse().status == 413


def test_an_answer_that_takes_too_long_is_given_up_like_the_real_gateway_does(client):
    client.request("GET", "/slow")
    response = client.getresponse()

    assert response.status == 503
    assert json.load(response) == {"message": "Service Unavailable"}


def test_a_gateway_that_is_gone_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    front = Front(0, Upstream(port, API))
    client = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)

    client.request("GET", "/")
    status = client.getresponse().status
    client.close()
    front.close()

    assert status == 503


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc",
    ],
)
def test_a_body_whose_framing_makes_no_sense_is_refused(front, request_bytes):
    with socket.create_connection(("127.0.0.1", front.port), timeout=5) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)

        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_closed_front_leaves_its_port(gateway):
    front = Front(0, Upstream(gateway, API))
    port = front.port

    front.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_what_follows_a_refused_body_is_not_taken_for_a_request(front):
    smuggled = b"zz\r\nGET /secret HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", front.port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled)

        answers = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answers.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answers


def test_an_unknown_method_is_for_the_api_to_judge(client):
    client.request("BREW", "/pot")

    # The little gateway of this test does not know it, and the front did not refuse it.
    assert client.getresponse().status == 501
