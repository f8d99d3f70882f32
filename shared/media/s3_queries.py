"""How a query names what a call is about: a version, an upload in parts, a part."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.errors import BadRequest

MOST_PARTS: Final = 10_000

# What a client that speaks to S3 by itself does around its parts.
MultipartAction = Literal["begin", "parts", "complete", "abort"]
METHODS: Final[Mapping[MultipartAction, str]] = {
    "begin": "POST",
    "parts": "GET",
    "complete": "POST",
    "abort": "DELETE",
}


def pinned(version: str | None) -> dict[str, str]:
    """Name one version, or whichever is the newest."""
    return {"versionId": version} if version else {}


def multipart_query(multipart_id: str) -> dict[str, str]:
    """Name one upload in parts; without its id the same call would be about the object itself."""
    if not multipart_id:
        raise BadRequest("The id of the multipart upload is missing: send the one that beginning it answered.")
    return {"uploadId": multipart_id}


def part_query(multipart_id: str, number: int) -> dict[str, str]:
    """Name one part of an upload."""
    return {"partNumber": str(part_number(number)), **multipart_query(multipart_id)}


def part_number(number: int) -> int:
    """Refuse what S3 would refuse: only later, and in other words."""
    if not 1 <= number <= MOST_PARTS:
        raise BadRequest(f"There is no part {number}: parts are numbered from 1 to {MOST_PARTS}.")
    return number
