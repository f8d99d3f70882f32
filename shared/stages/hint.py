"""What a message says: that a photo may have something to do. Whether it has, the ledger decides."""

import json
from typing import Any, Final
from uuid import UUID

from shared.errors import BadRequest

COMMITTED: Final = "photo.committed"


def committed_photo(body: str) -> UUID | None:
    """Read whose commit a message tells of; None when it is about something else."""
    told = _told(body)
    return _photo_of(told) if told.get("topic") == COMMITTED else None


def processed_photo(body: str) -> UUID:
    """Read which photo was processed."""
    return _photo_of(_told(body))


def _told(body: str) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The message is not JSON: nobody of ours has sent it.") from error
    if not isinstance(told, dict):
        raise BadRequest("The message is not a JSON object: nobody of ours has sent it.")
    return told


def _photo_of(told: dict[str, Any]) -> UUID:
    try:
        return UUID(str(told["photo_id"]))
    except (KeyError, ValueError) as error:
        raise BadRequest("The message names no photo: photo_id must be a UUID.") from error
