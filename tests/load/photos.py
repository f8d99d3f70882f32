"""Photos by the thousand: real JPEGs of a given size, no two alike, and cheap to make."""

import hashlib
import io
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from PIL import Image

# What a marker segment of a JPEG may hold; and a marker that every reader steps over.
SEGMENT, COMMENT = 65_000, b"\xff\xfe"
SCAN = b"\xff\xda"


@dataclass(frozen=True)
class Photo:
    """One file of a client; its bytes are put together when they are needed, so that thousands fit into memory."""

    number: int
    picture: bytes = field(repr=False)
    comment: bytes

    @property
    def content(self) -> bytes:
        return self.picture[:2] + self.comment + self.picture[2:]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def facts(self) -> dict[str, object]:
        """What a page of upload URLs asks of a file."""
        return {
            "client_id": f"photo-{self.number}",
            "file_name": f"photo-{self.number}.jpg",
            "file_size": len(self.picture) + len(self.comment),
            "mime_type": "image/jpeg",
            "sha256": self.sha256,
        }


class Camera:
    """Takes photos of one size: the same picture, with another comment in each."""

    def __init__(self, size: int, seed: str) -> None:
        self._seed = seed
        self._picture = _picture(size - 200)
        self._numbers = count()

    def shoot(self) -> Photo:
        number = next(self._numbers)
        note = f"{self._seed} {number}".encode()
        segment = COMMENT + (len(note) + 2).to_bytes(2, "big") + note
        return Photo(number, self._picture, segment)


def _picture(size: int) -> bytes:
    """A picture of about a pixel and a half per byte, filled up with comments to this size.

    They stand right before the scan: what a reader looks for at the beginning of a photo stays there.
    """
    edge = max(64, min(4_000, int((size * 2) ** 0.5)))
    kept = io.BytesIO()
    Image.effect_noise((edge, edge * 3 // 4), 60).convert("RGB").resize((edge, edge * 3 // 4)).save(
        kept, "JPEG", quality=60
    )
    content = kept.getvalue()
    if len(content) > size:
        raise ValueError(f"a picture of {edge} pixels has {len(content)} bytes, which is more than {size}")
    # In a scan this marker cannot occur, so the last one is the one that begins it.
    scan = content.rindex(SCAN)
    return content[:scan] + _filling(size - len(content)) + content[scan:]


def _filling(size: int) -> bytes:
    found = b""
    while (left := size - len(found)) > 4:
        held = min(SEGMENT, left - 4)
        found += COMMENT + (held + 2).to_bytes(2, "big") + bytes(held)
    return found
