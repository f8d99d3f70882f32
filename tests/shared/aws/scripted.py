"""A server that does to each request what a script says: for what no real one does on demand."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: good\r\n\r\nhi"
Script = list[Callable[[socket.socket, bytes], None]]


class Server:
    """Plays one script per connection: each step gets one whole request, and does as it likes."""

    def __init__(self, *scripts: Script) -> None:
        self.requests: list[bytes] = []
        self.closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(5)
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, args=(scripts,))
        self._thread.start()

    def deafen(self) -> None:
        """Refuse every further connection; whoever still waits for one is woken."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.deafen()
        self._thread.join(timeout=10)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self, scripts: tuple[Script, ...]) -> None:
        for script in scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._play(connection, script)

    def _play(self, connection: socket.socket, script: Script) -> None:
        connection.settimeout(5)
        with connection:
            for step in script:
                request = _whole_request(connection)
                if not request:
                    break
                self.requests.append(request)
                step(connection, request)
        self.closed.set()


class Crowd(Server):
    """Answers nobody before everybody has come."""

    def _serve(self, scripts: tuple[Script, ...]) -> None:
        try:
            came = [self._listener.accept()[0] for _ in scripts]
        except OSError:
            return
        for connection, script in zip(came, scripts, strict=True):
            self._play(connection, script)


def _whole_request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65536)
        if not part:
            return got
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        part = connection.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


def says(answer: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, _: connection.sendall(answer)


def hangs_up(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)
