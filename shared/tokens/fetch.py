"""How the issuer's key document comes to us: over TLS, small, soon, and from nowhere else."""

import ssl
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from shared.errors import Misconfigured
from shared.tokens.reasons import keys_unavailable

TIMEOUT_SECONDS: Final = 3.0
MAX_BYTES: Final = 256 * 1024
_OK: Final = 200


def checked_url(url: str) -> SplitResult:
    """Take the URL apart if keys from it can be trusted: https, or http to this very machine."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise Misconfigured(f"TOKEN_JWKS_URL is {url!r}: an https URL is expected (http only to a loopback host).")
    return parts


def fetch_document(url: SplitResult, *, now: Callable[[], float] = time.monotonic) -> bytes:
    """Get the document's bytes; redirects are not followed, for they could lead anywhere."""
    deadline = now() + TIMEOUT_SECONDS
    connection = _connection(url)
    try:
        connection.request("GET", _target(url), headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            if response.status != _OK:
                raise keys_unavailable(f"status {response.status}")
            return _read(response, deadline, now)
    except (OSError, HTTPException) as error:
        raise keys_unavailable(type(error).__name__) from error
    finally:
        connection.close()


def _read(response: HTTPResponse, deadline: float, now: Callable[[], float]) -> bytes:
    body = bytearray()
    while chunk := response.read1(MAX_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise keys_unavailable(f"more than {MAX_BYTES} bytes")
        # The socket's timeout is per read: a server that drips would never reach it.
        if now() > deadline:
            raise keys_unavailable("too slow")
    return bytes(body)


def _connection(url: SplitResult) -> HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "http":
        return HTTPConnection(host, url.port, timeout=TIMEOUT_SECONDS)
    return HTTPSConnection(host, url.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())


def _target(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
