"""How one HTTP request gets its answer, and what is known when it gets none."""

import http.client
import io
import select
import ssl
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

CHUNK: Final = 1 << 16
MOST_IDLE: Final = 16
REPEATABLE: Final = frozenset({"GET", "HEAD", "DELETE"})


class NotSent(Exception):
    """No connection was made: the request surely did nothing."""


class NoAnswer(Exception):
    """The request left, and no whole answer came back: it may have been carried out."""


class _Stale(Exception):
    """The server had closed the connection that was kept for this request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Keeps one connection per host alive for as long as the container lives.

    Proxy settings of the environment are not read. A connection in use belongs to its
    request alone, so threads may share a client.
    """

    def __init__(self, *, connect_timeout: float = 2.0, timeout: float = 10.0, max_bytes: int = 1 << 20) -> None:
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._idle: defaultdict[str, list[http.client.HTTPConnection]] = defaultdict(list)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | memoryview = b"",
        timeout: float | None = None,
        max_bytes: int | None = None,
        enough: int | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send it, once; a second time only if the kept connection was dead and a repeat does no harm.

        With `enough`, reading stops after so many bytes, and the rest is never fetched.
        """
        origin, target = _split(url)
        ends = time.monotonic() + (self._timeout if timeout is None else timeout)
        exchange = _Exchange(method, target, headers, body, ends, max_bytes or self._max_bytes, enough)
        kept = self._taken(origin)
        if kept is not None and not _is_closed(kept):
            try:
                return self._finish(origin, kept, exchange)
            except _Stale as error:
                if not (method in REPEATABLE if repeatable is None else repeatable):
                    raise NoAnswer(f"{origin} closed the connection without an answer") from error
                return self._again(origin, exchange)
        return self._afresh(origin, exchange)

    def _again(self, origin: str, exchange: "_Exchange") -> Answer:
        try:
            return self._afresh(origin, exchange)
        except NotSent as error:
            # True of the repeat alone: the first one left, and may have been carried out.
            raise NoAnswer(f"{origin} closed the connection, and takes no new one") from error

    def _afresh(self, origin: str, exchange: "_Exchange") -> Answer:
        try:
            return self._finish(origin, self._connect(origin, exchange.ends), exchange)
        except _Stale as error:
            raise NoAnswer(f"{origin} closed the connection without an answer") from error

    def close(self) -> None:
        """Let go of every kept connection."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def _finish(self, origin: str, connection: http.client.HTTPConnection, exchange: "_Exchange") -> Answer:
        try:
            answer = exchange.over(connection)
        except BaseException:
            connection.close()
            raise
        idle = self._idle[origin]
        if connection.sock is None or len(idle) >= MOST_IDLE:
            connection.close()
        else:
            idle.append(connection)
        return answer

    def _taken(self, origin: str) -> http.client.HTTPConnection | None:
        try:
            # Threads may share this client: looking first would let two take the last one.
            return self._idle[origin].pop()
        except IndexError:
            return None

    def _connect(self, origin: str, ends: float) -> http.client.HTTPConnection:
        scheme, _, netloc = origin.partition("://")
        timeout = min(self._connect_timeout, ends - time.monotonic())
        if timeout <= 0:
            raise NotSent(f"no time was left to connect to {origin}")
        connection = (
            http.client.HTTPSConnection(netloc, timeout=timeout, context=self._tls)
            if scheme == "https"
            else http.client.HTTPConnection(netloc, timeout=timeout)
        )
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise NotSent(f"cannot connect to {origin}: {error}") from error
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Loading the trust store takes longer than a request: only for who really connects, and once.
        return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request and its answer, over whichever connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | memoryview
    ends: float
    max_bytes: int
    enough: int | None

    def over(self, connection: http.client.HTTPConnection) -> Answer:
        self._limit(connection, NotSent)
        try:
            response = self._ask(connection)
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, self._read(connection, response))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"no answer to {self.method}: {error!r}") from error

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        size = memoryview(self.body).nbytes
        connection.putrequest(self.method, self.target, skip_host="host" in self.headers, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        if "content-length" not in self.headers and (size or self.method in {"PUT", "POST"}):
            connection.putheader("content-length", str(size))
        # A server that refuses early closes while we still send: its answer may be here all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(self.body if size else None)
        try:
            return connection.getresponse()
        except ConnectionError as error:
            raise _Stale from error

    def _read(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> bytes:
        # BytesIO gives its buffer away uncopied: joining parts would hold a photo twice.
        sink = io.BytesIO()
        with response:
            while part := response.read1(CHUNK):
                sink.write(part)
                if self.enough is not None and sink.tell() >= self.enough:
                    # What is still on its way would be taken for the next answer.
                    connection.close()
                    return sink.getvalue()
                if sink.tell() > self.max_bytes:
                    raise NoAnswer(f"the answer is larger than the {self.max_bytes} bytes that were expected")
                self._limit(connection, NoAnswer)
            if response.length:
                raise NoAnswer(f"the answer broke off {response.length} bytes before its end")
        return sink.getvalue()

    def _limit(self, connection: http.client.HTTPConnection, late: type[Exception]) -> None:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise late(f"the time for this {self.method} is over")
        if connection.sock is not None:
            connection.sock.settimeout(left)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    target = parts.path or "/"
    return f"{parts.scheme}://{parts.netloc}", f"{target}?{parts.query}" if parts.query else target


def _is_closed(connection: http.client.HTTPConnection) -> bool:
    """A kept connection that has something to read has only its end to tell."""
    readable, _, _ = select.select([connection.sock], [], [], 0)
    if readable:
        connection.close()
    return bool(readable)
