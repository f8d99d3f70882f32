"""How far into a ranking a page ended, as a text that fits only the ranking it came from."""

import hashlib
import json
import re
from collections.abc import Sequence

from shared.uploads.cursor import CursorInvalid


def encode(skip: int, of: Sequence[str]) -> str:
    """Bind a number of photos to skip to the ranking it is `of`: whose it is, and by what."""
    return f"{skip}.{hashlib.sha256(json.dumps([skip, *of]).encode()).hexdigest()[:32]}"


def is_one(cursor: str) -> bool:
    """Whether a cursor is of a ranking at all; whether of this one, `decode` says."""
    return re.fullmatch(r"[1-9][0-9]{0,5}\.[0-9a-f]{32}", cursor, re.ASCII) is not None


def decode(cursor: str, of: Sequence[str]) -> int:
    """The number that was bound to this very ranking; every other text is refused."""
    skip = int(cursor.split(".", maxsplit=1)[0]) if is_one(cursor) else None
    if skip is None or encode(skip, of) != cursor:
        raise CursorInvalid(
            "This cursor was changed on its way, or comes from another search or of another organisation. "
            "Send next_cursor as you got it, with the search of the page before; or begin anew without a cursor."
        )
    return skip
