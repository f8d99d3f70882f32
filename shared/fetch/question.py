"""What we send: a request of our own making, with the caller's headers where they can do no harm."""

import re
from collections.abc import Mapping
from typing import Final

from shared.errors import BadRequest
from shared.fetch.address import Place

# What frames the message or names its receiver is not the caller's to say.
OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "upgrade", "te"}
)
# What another origin than the one that was named may see of them: nothing that identifies or proves.
HARMLESS: Final = frozenset({"accept", "user-agent"})
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch
_VALUE: Final = re.compile(r"[\x20-\x7e\x80-\xff\t]*").fullmatch


def checked(headers: Mapping[str, str]) -> dict[str, str]:
    """The caller's headers by their lower-case names; one that could end the head, or is ours, is refused."""
    for name, value in headers.items():
        if not _NAME(name) or not _VALUE(value):
            raise BadRequest(
                f"The header {name[:50]!r} cannot be sent: its name or its value has forbidden characters."
            )
        if name.lower() in OURS:
            raise BadRequest(f"The header {name!r} is set by us alone. Leave it out.")
    return {"user-agent": "Keepsake", "accept": "*/*", **{name.lower(): value for name, value in headers.items()}}


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """What is left of them after a redirect to another origin."""
    return {name: value for name, value in headers.items() if name in HARMLESS}


def written(method: str, place: Place, headers: Mapping[str, str], body: bytes | None = None) -> bytes:
    """The bytes of the request; one request per connection, and its answer as it is, not compressed."""
    lines = [f"{method} {place.target} HTTP/1.1", f"Host: {place.authority}", "Connection: close"]
    lines += ["Accept-Encoding: identity", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
