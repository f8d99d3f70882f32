"""Is this text a compact JWS at all? Decided strictly and cheaply, before any key is looked at."""

import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NoReturn

from shared.tokens.reasons import Reason, refusal

MAX_CHARACTERS: Final = 8192
MAX_DEPTH: Final = 16

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# Strings and whatever else is no bracket. An unterminated string is swallowed to the end: a restart at every
# quote would be quadratic.
_NO_BRACKET = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|[^]\[{}"]+', re.DOTALL)
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart; nothing in it is proven yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes


def parse(token: str) -> Jws:
    """Take a token apart, or refuse it."""
    if len(token) > MAX_CHARACTERS:
        raise refusal(Reason.TOO_LONG)
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise refusal(Reason.SHAPE)
    header, payload, signature = parts.groups()
    try:
        return Jws(
            header=_json_object(base64url(header)),
            payload=_json_object(base64url(payload)),
            signing_input=f"{header}.{payload}".encode(),
            signature=base64url(signature),
        )
    except ValueError:
        raise refusal(Reason.SHAPE) from None


def base64url(text: str) -> bytes:
    """Decode the one spelling RFC 7515 allows: no padding, and no stray bits, which would name a twin."""
    standard = text.encode("ascii").translate(bytes.maketrans(b"-_", b"+/"))
    decoded = binascii.a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    if binascii.b2a_base64(decoded, newline=False).rstrip(b"=") != standard:
        raise ValueError("not canonical base64url")
    return decoded


def _json_object(raw: bytes) -> dict[str, Any]:
    text = raw.decode("utf-8")
    if _depth(text) > MAX_DEPTH:
        raise ValueError("nested too deeply")
    value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error for every bad shape
    return value


def _depth(text: str) -> int:
    # Counted before parsing: the parser recurses, and a token must not choose how deep.
    return max(accumulate(map(_STEP.__getitem__, _NO_BRACKET.sub("", text))), default=0)


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError("a member occurs twice")
        members[name] = value
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
