"""One plain origin for the API: it forwards to the embedded API Gateway, with the limits of the real one."""

import http.client
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase

from local.processes import LOOPBACK

# What Lambda takes as one event, and how long an HTTP API waits for its answer.
EVENT_LIMIT = 6_291_456
ANSWER_SECONDS = 30.0
CHUNK = 65_536
LONGEST_LINE = 1024
# Beyond this a refused body is not even read to its end.
DRAIN_LIMIT = 64 * 1024 * 1024

# RFC 9110 §7.6.1: they speak of one connection, and end with it.
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
# An HTTP API hands on these as text, and everything else in base64.
TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the embedded API Gateway answers for our API."""

    port: int
    api_id: str
    seconds: float = ANSWER_SECONDS

    def path(self, target: str) -> str:
        """The API's address by path: the Host header stays free to name the origin that the caller used."""
        return f"/_aws/execute-api/{self.api_id}/$default{target}"


class Front:
    """The server, running on a thread of its own until it is closed."""

    def __init__(self, port: int, upstream: Upstream) -> None:
        handler = type("Handler", (_Handler,), {"upstream": upstream})
        self._server = _Server((LOOPBACK, port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="front", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening. Answers under way are cut off, as they would be by a closing stack anyway."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up is nobody's error."""


class _TooLarge(Exception):
    """The event would not fit."""


class _Malformed(Exception):
    """The body's framing makes no sense."""


class _Handler(BaseHTTPRequestHandler):
    upstream: Upstream
    protocol_version = "HTTP/1.1"
    # A caller that stops in the middle of its request holds a thread no longer than this.
    timeout = 60

    def _answer(self) -> None:
        try:
            body = self._body()
        except _TooLarge:
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        except (_Malformed, ValueError):
            return self._refuse(HTTPStatus.BAD_REQUEST, "Bad Request")
        try:
            status, headers, content = self._forward(body)
        except (OSError, http.client.HTTPException):
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable")
        return self._send(status, headers, content)

    def __getattr__(self, name: str) -> Callable[[], None]:
        # Whatever the method is called, it is for the API to say whether it knows it.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _body(self) -> bytes:
        limit = self._body_limit()
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return _collect(_chunks(self.rfile), limit)
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise _Malformed
        return _collect(_sized(self.rfile, length), limit)

    def _body_limit(self) -> int:
        """How many bytes of body leave room in the event for the rest of the request."""
        around = len(self.path) * 3 + sum(len(name) + len(value) + 6 for name, value in self.headers.items())
        kind = self.headers.get_content_type() if "Content-Type" in self.headers else ""
        is_text = kind.startswith("text/") or kind in TEXT_TYPES
        room = EVENT_LIMIT - around
        return room if is_text else room // 4 * 3

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, self.upstream.port, timeout=self.upstream.seconds)
        try:
            connection.putrequest(
                self.command, self.upstream.path(self.path), skip_host=True, skip_accept_encoding=True
            )
            for name, value in _end_to_end(self.headers.items()):
                if name.lower() != "content-length":
                    connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, _end_to_end(response.getheaders()), response.read()
        finally:
            connection.close()

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length" or self.command == "HEAD":
                self.send_header(name, value)
        if self.command != "HEAD" and status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        # What is left of the request must not be taken for the next one.
        self.close_connection = True
        self._send(status, [("Content-Type", "application/json")], json.dumps({"message": message}).encode())

    def log_message(self, *_: object) -> None:
        """The embedded AWS writes the log."""


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = list(headers)
    named = {n.strip().lower() for name, value in pairs if name.lower() == "connection" for n in value.split(",")}
    return [(name, value) for name, value in pairs if name.lower() not in HOP_BY_HOP | named]


def _collect(pieces: Iterator[bytes], limit: int) -> bytes:
    kept, size = bytearray(), 0
    for piece in pieces:
        size += len(piece)
        if size <= limit:
            kept += piece
        elif size > DRAIN_LIMIT:
            break
    # Read to the end first: a caller that is still sending would see a reset, and not the answer.
    if size > limit:
        raise _TooLarge
    return bytes(kept)


def _sized(source: BufferedIOBase, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = source.read(min(CHUNK, length))
        if not piece:
            raise _Malformed
        length -= len(piece)
        yield piece


def _chunks(source: BufferedIOBase) -> Iterator[bytes]:
    while size := int(source.readline(LONGEST_LINE).split(b";")[0], 16):
        yield from _sized(source, size)
        if source.read(2) != b"\r\n":
            raise _Malformed
    while source.readline(LONGEST_LINE).strip():
        pass
