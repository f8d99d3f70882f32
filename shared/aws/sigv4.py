"""Signature Version 4: proof that a request, or whoever holds an URL, acts for these credentials."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from shared.aws.credentials import Credentials
from shared.aws.endpoints import Endpoint

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

ALGORITHM: Final = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
NO_PAIRS: Final[Mapping[str, str]] = {}
# strftime would be a fifth of the whole signature.
TWO_DIGITS: Final = tuple(f"{number:02}" for number in range(60))
# Every name that the ledger allots is plain, and quote() is twice as dear as the proof of it.
IS_PLAIN: Final = re.compile(r"[A-Za-z0-9/_.~-]*").fullmatch


@dataclass(frozen=True, slots=True)
class _Day:
    """What stays the same for one date, and is the dearer half of a signature."""

    number: int
    date: str
    scope: str
    credential: str
    query_head: str
    inner: "HASH"
    outer: "HASH"

    def stamp(self, at: datetime) -> str:
        return f"{self.date}T{TWO_DIGITS[at.hour]}{TWO_DIGITS[at.minute]}{TWO_DIGITS[at.second]}Z"

    def signature(self, stamp: str, request: str) -> str:
        hashed = sha256(request.encode()).hexdigest()
        return self.seal(f"{ALGORITHM}\n{stamp}\n{self.scope}\n{hashed}")

    def seal(self, text: str) -> str:
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return outer.hexdigest()


class Signer:
    """Signs for one service in one region; the derived key is kept for the day it is good for."""

    def __init__(self, credentials: Credentials, region: str, service: str) -> None:
        self.credentials = credentials
        self._region = region
        self._service = service
        self._query_token = f"&X-Amz-Security-Token={encode(credentials.token)}" if credentials.token else ""
        self._today: _Day | None = None

    def presign(
        self,
        method: str,
        endpoint: Endpoint,
        path: str,
        *,
        at: datetime,
        expires: int,
        headers: Mapping[str, str] = NO_PAIRS,
        query: Mapping[str, str] = NO_PAIRS,
    ) -> str:
        """Make an URL that permits exactly one method, path and set of headers; names are lower case."""
        day = self._day(at)
        stamp = day.stamp(at)
        names, lines = _canonical_headers({"host": endpoint.host, **headers})
        target = endpoint.prefix + encode_path(path)
        head = f"{day.query_head}{stamp}&X-Amz-Expires={expires}"
        signed = f"&X-Amz-SignedHeaders={names.replace(';', '%3B')}"
        asked, canonical = f"{head}{signed}{self._query_token}", f"{head}{self._query_token}{signed}"
        if query:
            asked = f"{encode_pairs(query)}&{asked}"
            canonical = sort_pairs(asked)
        request = f"{method}\n{target}\n{canonical}\n{lines}\n{names}\n{UNSIGNED_PAYLOAD}"
        return f"{endpoint.origin}{target}?{asked}&X-Amz-Signature={day.signature(stamp, request)}"

    def sign(
        self,
        method: str,
        endpoint: Endpoint,
        path: str,
        *,
        at: datetime,
        payload_sha256: str,
        headers: Mapping[str, str] = NO_PAIRS,
        query: Mapping[str, str] = NO_PAIRS,
    ) -> dict[str, str]:
        """Return all headers that the request must carry; names are lower case."""
        day = self._day(at)
        stamp = day.stamp(at)
        sent = {**headers, "host": endpoint.host, "x-amz-date": stamp, "x-amz-content-sha256": payload_sha256}
        if self.credentials.token:
            sent["x-amz-security-token"] = self.credentials.token
        names, lines = _canonical_headers(sent)
        target = endpoint.prefix + encode_path(path)
        canonical = sort_pairs(encode_pairs(query))
        proof = day.signature(stamp, f"{method}\n{target}\n{canonical}\n{lines}\n{names}\n{payload_sha256}")
        sent["authorization"] = f"{ALGORITHM} Credential={day.credential}, SignedHeaders={names}, Signature={proof}"
        return sent

    def form_fields(self, at: datetime) -> dict[str, str]:
        """Say who signs a form, and when: the policy of the form must repeat all of it."""
        day = self._day(at)
        fields = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": day.credential,
            "X-Amz-Date": day.stamp(at),
        }
        return {**fields, "X-Amz-Security-Token": self.credentials.token} if self.credentials.token else fields

    def seal(self, text: str, at: datetime) -> str:
        """Sign a text as it is: what the policy of a form wants."""
        return self._day(at).seal(text)

    def _day(self, at: datetime) -> _Day:
        today = self._today
        if today is None or today.number != at.toordinal():
            today = self._today = self._derive(at)
        return today

    def _derive(self, at: datetime) -> _Day:
        date = at.strftime("%Y%m%d")
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in (date, self._region, self._service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        scope = f"{date}/{self._region}/{self._service}/aws4_request"
        credential = f"{self.credentials.access_key}/{scope}"
        head = f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={encode(credential)}&X-Amz-Date="
        return _Day(at.toordinal(), date, scope, credential, head, *_absorbed(key))


def _absorbed(key: bytes) -> "tuple[HASH, HASH]":
    """Start the two hashes of RFC 2104 with the key taken in: copies of them cost half of a whole HMAC."""
    block = key.ljust(64, b"\0")
    return sha256(bytes(byte ^ 0x36 for byte in block)), sha256(bytes(byte ^ 0x5C for byte in block))


def encode(text: str) -> str:
    """Percent-encode as S3 does for the parts of a query."""
    return quote(text, safe="-._~")


def encode_path(path: str) -> str:
    """Percent-encode as S3 does for a key: slashes stay."""
    return path if IS_PLAIN(path) else quote(path, safe="/~")


def encode_pairs(query: Mapping[str, str]) -> str:
    """Write a query in the order it was given."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in query.items())


def sort_pairs(query: str) -> str:
    """Order by name and then value: comparing whole pairs would let the '=' take part."""
    return "&".join("".join(pair) for pair in sorted(pair.partition("=") for pair in query.split("&")))


def _canonical_headers(headers: Mapping[str, str]) -> tuple[str, str]:
    names = sorted(headers)
    lines = "".join([f"{name}:{' '.join(headers[name].split())}\n" for name in names])
    return ";".join(names), lines
