"""The plumbing: how requests come in and answers go out."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Lock, Thread
from typing import Any

from local.imagekit_stand_in.kit import Kit
from local.imagekit_stand_in.play import play
from local.stand_in.forms import LARGEST_BODY
from local.stand_in.replies import Reply
from local.stand_in.request import Request

HOST = "127.0.0.1"


class StandInServer(ThreadingHTTPServer):
    """One account on one loopback port; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, kit: Kit, port: int = 0) -> None:
        self.kit = kit
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((HOST, port), Exchange)
        kit.base_url = f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def imagekit_url(self) -> str:
        """The setting that sends our store here."""
        kit = self.kit
        return f"imagekit://{kit.private_key}@{HOST}:{self.port}/{kit.id}?upload_prefix={kit.base_url}"

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
        self.kit.stopping.set()
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

    server: StandInServer
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
        return "imagekit-stand-in"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so in http.server
        """Say nothing: what was called is counted, and the control API tells."""

    def exchange(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(Reply(413, b"A Content-Length of at most 32 MB is required", "text/plain"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, lambda: self._read_body(int(length)))
        reply = play(self.server.kit, request)
        if reply is None:
            self.close_connection = True
            return
        # Whoever did not look at the body still has to take it off the wire before the next request.
        _ = request.body
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_DELETE = exchange  # noqa: N815 -- named so in http.server

    def _read_body(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError
        return body

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


@contextmanager
def running(kit: Kit, port: int = 0) -> Iterator[StandInServer]:
    """Serve in a thread of this process for as long as the block lasts."""
    server = StandInServer(kit, port)
    # The poll interval is how long stop() waits for the loop to notice.
    Thread(target=server.serve_forever, args=(0.002,), daemon=True).start()
    try:
        yield server
    finally:
        server.stop()
