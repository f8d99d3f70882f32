"""The plumbing: how requests come in and answers go out."""

import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock, Thread
from typing import Any, TypeVar
from uuid import uuid4

from local.stand_in_parts.account import Account
from local.stand_in_parts.forms import LARGEST_BODY
from local.stand_in_parts.replies import BAD_REQUEST, TOO_LARGE, Refused, Reply
from local.stand_in_parts.request import Request

HOST = "127.0.0.1"
LENGTH_REQUIRED, NO_CONTENT = 411, 204


class LoopbackServer(ThreadingHTTPServer, ABC):
    """One account on one loopback port; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, account: Account, port: int = 0) -> None:
        self.account = account
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((HOST, port), Exchange)
        account.base_url = self.url

    @abstractmethod
    def play(self, request: Request) -> Reply | None:
        """Answer one request; None means: cut the connection without a word."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def server_bind(self) -> None:
        # HTTPServer looks its own name up in DNS here, which can take seconds and serves nothing.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.port

    def keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.discard(connection)

    def stop(self) -> None:
        """Go away as a killed process does: waiting faults end, and kept-alive connections break."""
        self.account.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as socketserver has it
        # A caller that hangs up is everyday business here: half of the faults are about it.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Exchange(BaseHTTPRequestHandler):
    """One connection: requests in, answers out, until someone hangs up."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def setup(self) -> None:
        super().setup()
        self.server.keep(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        super().finish()

    def version_string(self) -> str:
        return f"{self.server.account.provider.lower()}-stand-in"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so in http.server
        """Say nothing: what was called is counted, and the control API tells."""

    def exchange(self) -> None:
        refusal = self._refusal()
        if refusal is not None:
            self.close_connection = True
            self._send(self.server.account.refuse(refusal))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._read_body)
        reply = self.server.play(request)
        if reply is None:
            self.close_connection = True
            return
        # Whoever did not look at the body still has to take it off the wire before the next request.
        _ = request.body
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = exchange  # noqa: N815 -- named so in http.server

    def _refusal(self) -> Refused | None:
        if self.headers.get("Transfer-Encoding"):
            return Refused(LENGTH_REQUIRED, "A Content-Length is required")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            return Refused(BAD_REQUEST, f"Invalid Content-Length {length}")
        if int(length) > LARGEST_BODY:
            return Refused(TOO_LARGE, f"Request body is too large: at most {LARGEST_BODY} bytes")
        return None

    def _read_body(self) -> bytes:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError
        return body

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if reply.status != NO_CONTENT:
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-Request-Id", uuid4().hex)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


Server = TypeVar("Server", bound=LoopbackServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve in a thread of this process for as long as the block lasts."""
    # The poll interval is how long stop() waits for the loop to notice.
    Thread(target=server.serve_forever, args=(0.002,), daemon=True).start()
    try:
        yield server
    finally:
        server.stop()
