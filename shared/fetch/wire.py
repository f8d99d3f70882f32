"""What carries one exchange: a connection to a vetted address, which knows when its time or its allowance is over."""

import io
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from shared.fetch.address import Place
from shared.fetch.refusals import unreached
from shared.resilience.budget import Budget

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK: Final = 1 << 16
HEAD_BYTES: Final = 1 << 16
# A name with many addresses must not buy itself many tries.
MOST_ADDRESSES: Final = 4

Dial = Callable[[str, int, float], socket.socket]


class TooMuch(Exception):
    """More came than was agreed on."""


class Wire(io.RawIOBase):
    """The socket as `http.client` reads it; each single read and write is held to the deadline of the whole."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        super().__init__()
        self._sock = sock
        self._budget = budget
        self._allowance = HEAD_BYTES

    def allow(self, size: int) -> None:
        """From here on, so many bytes may come, framing included."""
        self._allowance = size

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        self._limit()
        got = self._sock.recv_into(buffer)
        self._allowance -= got
        if self._allowance < 0:
            raise TooMuch
        return got

    def sendall(self, data: bytes) -> None:
        # The socket's own sendall would give each piece the whole time again under TLS.
        left = memoryview(data)
        while left:
            self._limit()
            left = left[self._sock.send(left[:CHUNK]) :]

    def close(self) -> None:
        super().close()
        self._sock.close()

    def _limit(self) -> None:
        self._sock.settimeout(_some(self._budget.left()))


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a number, never to a name: here nothing can be looked up a second time."""
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(_some(seconds))
        sock.connect((address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def reach(
    place: Place, addresses: tuple[str, ...], budget: Budget, *, dial: Dial, trust: Callable[[], ssl.SSLContext]
) -> socket.socket:
    """Connect to the first of the addresses that takes us; the certificate must be the name's, not the address's."""
    tried = addresses[:MOST_ADDRESSES]
    cause: OSError = TimeoutError()
    for number, address in enumerate(tried):
        # An address that swallows everything leaves their share to those after it.
        share = budget.left() / (len(tried) - number)
        try:
            sock = dial(address, place.port, share)
            return _secured(sock, place, budget, trust()) if place.scheme == "https" else sock
        except OSError as error:
            cause = error
    raise unreached("not_sent", cause) from cause


def _secured(sock: socket.socket, place: Place, budget: Budget, trust: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        sock.settimeout(_some(budget.left()))
        return trust.wrap_socket(sock, server_hostname=place.host)
    except BaseException:
        sock.close()
        raise


def _some(seconds: float) -> float:
    # No time at all would make the socket one that never waits, and never ends either.
    if seconds <= 0:
        raise TimeoutError("the time for this exchange is over")
    return seconds
