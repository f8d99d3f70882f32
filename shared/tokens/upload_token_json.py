"""How an upload token is written as JSON: inside its own text, and on its way from the authorizer to the edge."""

import json
from datetime import UTC, datetime
from uuid import UUID

from shared.photos import UploadToken
from shared.tokens.reasons import Reason, refusal

# What reading a value that is not as we write it may raise.
NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


def said_of(token: UploadToken) -> dict[str, object]:
    """The same token is always the same text; its end is rounded down, so that it never outlives the database's."""
    return {
        "id": str(token.id),
        "project_id": str(token.project_id),
        "operations": sorted(token.operations),
        "types": sorted(token.types),
        "expires_at": int(token.expires_at.timestamp()),
    }


def token_said(said: dict[str, str]) -> UploadToken:
    """The way back; raises one of NOT_OURS for whatever we did not write."""
    return UploadToken(
        id=UUID(said["id"]),
        project_id=UUID(said["project_id"]),
        operations=_words(said["operations"]),
        types=_words(said["types"]),
        expires_at=datetime.fromtimestamp(_whole(said["expires_at"]), UTC),
    )


def to_context(token: UploadToken) -> str:
    """As text: the gateway hands a context on, but not every shape of value in it."""
    return json.dumps(said_of(token))


def from_context(text: object) -> UploadToken:
    """What the authorizer said; a text that it did not write lets nobody in."""
    try:
        return token_said(json.loads(str(text)))
    except NOT_OURS:
        raise refusal(Reason.NOT_MINTED) from None


def _words(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError("a list of words is expected")
    return frozenset(value)


def _whole(value: object) -> int:
    # type() and not isinstance(): True is an int.
    if type(value) is not int:
        raise TypeError("a whole number is expected")
    return value
