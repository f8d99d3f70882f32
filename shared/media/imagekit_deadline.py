"""How a call by httpx ends in time: one limit for all of it, where httpx grants it anew to every piece."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final

import httpcore
import httpx

CONNECT_SECONDS: Final = 2.0

_ends: ContextVar[float] = ContextVar("ends")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever is sent and read inside this block must be done before its time is over."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def timed_transport() -> httpx.HTTPTransport:
    """A transport that tries nothing twice and knows what time it is."""
    transport = httpx.HTTPTransport(verify=_tls(), retries=0)
    # It has no option for this; its pool has one, which it does not pass on.
    transport._pool._network_backend = _Backend()  # noqa: SLF001
    return transport


@cache
def _tls() -> ssl.SSLContext:
    # Loading the trust store takes longer than a request: once is enough.
    return ssl.create_default_context()


def _left(late: type[Exception]) -> float:
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise late("the time for this call is over")
    return left


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        limit = min(CONNECT_SECONDS, _left(httpcore.ConnectTimeout))
        return _Stream(self._plain.connect_tcp(host, port, limit, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, plain: httpcore.NetworkStream) -> None:
        self._plain = plain

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._plain.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._plain.write(buffer, _left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        limit = min(CONNECT_SECONDS, _left(httpcore.ConnectTimeout))
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        return self._plain.get_extra_info(info)
