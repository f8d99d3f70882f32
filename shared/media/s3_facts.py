"""What only the S3 store hands out: calls that it signed, parts that it holds, digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A grant for one call: whoever sends it sends these headers as well."""

    method: str
    url: str
    headers: Mapping[str, str]
    expires_in: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One part that S3 holds of an upload that is not complete."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What the bytes themselves say, in hex."""

    sha256: str
    md5: str
