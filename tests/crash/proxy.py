"""What happens when an answer of Postgres is lost: a door in front of it that cuts the line at a chosen question."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
PARSE, SYNC, READY = b"P", b"S", b"Z"
HEAD = 5


class Loss(StrEnum):
    """What is lost: the question, the answer to it, or the line as soon as the question has left."""

    QUESTION = "question"
    ANSWER = "answer"
    LINE = "line"


@dataclass
class Fault:
    """Questions that hold these words lose their line, so many times; and what happens before they know it."""

    words: bytes
    loss: Loss
    times: int
    meanwhile: Callable[[], object]
    struck: int = 0


@dataclass
class Proxy:
    """Forwards everything, and tells how often it cut."""

    home: Path
    server: Path
    fault: Fault | None = None
    _lines: "set[socket.socket]" = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lose(self, loss: Loss, words: str, times: int, meanwhile: Callable[[], object] = lambda: None) -> Fault:
        """From here on; a fault that was ordered before is forgotten."""
        self.fault = Fault(words.encode(), loss, times, meanwhile)
        return self.fault

    def strike(self, message: bytes) -> Fault | None:
        """What shall be lost of the transaction that this message is part of."""
        fault = self.fault
        with self._lock:
            if fault is None or fault.struck == fault.times or fault.words not in message:
                return None
            fault.struck += 1
            return fault

    def serve(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = door.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.server / SOCKET_NAME))
                line = _Line(self, client, server)
                self._lines |= {client, server}
                for work in (line.questions, line.answers):
                    threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        for line in self._lines:
            _cut(line)
            line.close()


class _Line:
    """One connection of a client, and its twin to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._fault: Fault | None = None

    def questions(self) -> None:
        """Message by message: only a whole one can be judged."""
        with suppress(OSError, EOFError):
            self._server.sendall(_message(self._client, kind=False))
            while True:
                message = _message(self._client)
                if message[:1] == PARSE:
                    self._fault = self._proxy.strike(message) or self._fault
                if self._fault and self._fault.loss is Loss.QUESTION:
                    break
                self._server.sendall(message)
                if self._fault and self._fault.loss is Loss.LINE and message[:1] == SYNC:
                    break
        self._end()

    def answers(self) -> None:
        """Nothing comes back before the Sync has left, and by then it is known whether it may."""
        with suppress(OSError, EOFError):
            while True:
                message = _message(self._server)
                if self._fault is None:
                    self._client.sendall(message)
                elif message[:1] == READY:
                    self._fault.meanwhile()
                    break
        self._end()

    def _end(self) -> None:
        _cut(self._client)
        _cut(self._server)


def _message(line: socket.socket, *, kind: bool = True) -> bytes:
    """One message of the protocol; only the first of a client has no kind."""
    head = _exactly(line, HEAD if kind else HEAD - 1)
    return head + _exactly(line, int.from_bytes(head[-4:], "big") - 4)


def _exactly(line: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(home: Path, server: Path) -> Iterator[Proxy]:
    """Open a door in this folder to the Postgres whose socket is in the other one."""
    home.mkdir()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(home / SOCKET_NAME))
        door.listen()
        opened = Proxy(home, server)
        thread = threading.Thread(target=opened.serve, args=(door,), daemon=True)
        thread.start()
        yield opened
        _cut(door)
        thread.join()
        opened.close()
