"""Where a page of photos ended, as a text that fits only the list it came from."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.errors import BadRequest

Position = tuple[datetime, UUID]


class CursorInvalid(BadRequest):
    """The cursor does not belong to this list."""

    code = "cursor_invalid"


def encode(position: Position, of: Sequence[str]) -> str:
    """Bind a position to the list it is `of`: whose it is, and how it is filtered.

    The digest needs no secret. It catches a cursor that was damaged or taken to another list; who makes one up
    learns nothing by it, because a position only says where to begin in what its bearer may see anyway.
    """
    moment, photo_id = position[0].isoformat(), str(position[1])
    digest = hashlib.sha256(json.dumps([moment, photo_id, *of]).encode()).hexdigest()[:32]
    return base64.urlsafe_b64encode(f"{moment} {photo_id} {digest}".encode()).decode().rstrip("=")


def decode(cursor: str, of: Sequence[str]) -> Position:
    """The position that was bound to this very list; every other text is refused."""
    position = _position(cursor)
    # Made again and compared as a whole: not one letter of it may differ.
    if position is None or encode(position, of) != cursor:
        raise CursorInvalid(
            "This cursor was changed on its way, or comes from a list with other filters or of another organisation. "
            "Send next_cursor as you got it, with the filters of the page before; or begin anew without a cursor."
        )
    return position


def _position(cursor: str) -> Position | None:
    try:
        moment, photo_id, _ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(" ")
        return datetime.fromisoformat(moment), UUID(photo_id)
    except (ValueError, binascii.Error):
        return None
