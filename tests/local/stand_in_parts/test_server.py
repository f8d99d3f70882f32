"""HTTP itself: connections, bodies and paths that nobody plays."""

import http.client
import socket

import pytest
import urllib3

UPLOAD = {"Cloudinary": b"/v1_1/demo/image/upload", "ImageKit": b"/api/v1/files/upload"}


@pytest.fixture
def upload(server):
    """How an upload to this server begins."""
    return b"POST " + UPLOAD[server.account.provider] + b" HTTP/1.1\r\nHost: x\r\n"


def test_one_connection_serves_many_requests(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)

    for _ in range(3):
        connection.request("POST", "/nothing/here", body=b"x" * 100_000)
        answer = connection.getresponse()
        assert answer.status == 404
        answer.read()
    connection.request("GET", "/_stand-in/health")

    assert connection.getresponse().read() == b'{"ok": true}'
    connection.close()


def test_an_answer_to_head_leaves_nothing_on_the_wire(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"HEAD /nothing HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 404")
    assert answer.endswith(b"\r\n\r\n")


def test_a_stopped_server_breaks_the_connections_it_had(start):
    with start() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/_stand-in/health")
        connection.getresponse().read()

    assert connection.sock.recv(1) == b""
    connection.close()


def test_a_stopped_server_waits_no_longer(start):
    with start() as server:
        pass

    assert server.account.wait(5) is True


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Length: x", b"400"),
        (b"Content-Length: -1", b"400"),
        (b"Content-Length: 99999999999", b"413"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_of_unknown_or_endless_length_is_refused(server, upload, header, status):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(upload + header + b"\r\n\r\n")

        assert connection.recv(100).split()[1] == status


def test_a_caller_that_hangs_up_disturbs_nobody(server, upload, capfd):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(upload + b"Content-Length: 50\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""

    assert urllib3.request("GET", f"{server.url}/_stand-in/health", timeout=5).status == 200
    assert capfd.readouterr().err == ""


def test_only_the_loopback_address_is_bound(server):
    assert server.server_address[0] == "127.0.0.1"
