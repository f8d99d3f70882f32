"""What an EXIF block holds under the tags we want, and no others."""

import math
import struct
from collections.abc import Set as AbstractSet

Number = int | float | None
Raw = bytes | tuple[Number, ...]
"""Text and opaque bytes as they are; numbers, with None for what is none (n/0, NaN, infinity)."""

MAX_ENTRIES = 200
MAX_BYTES = 1024
MAX_NUMBERS = 8
HEAD, ENTRY, FIELD, MAGIC = 8, 12, 4, 42

OPAQUE = frozenset({1, 2, 7})
NUMBERS = {3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
RATIONALS = {5: "II", 10: "ii"}


class Tiff:
    """A block of tags. It follows no pointer by itself, so no chain in it can be endless."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._order = {b"II": "<", b"MM": ">"}.get(block[:2], "")
        if not self._order or len(block) < HEAD or self._unpack("H", 2)[0] != MAGIC:
            raise ValueError("not a TIFF block")
        self.first = int(self._unpack("I", 4)[0])

    def tags(self, at: int, wanted: AbstractSet[int]) -> dict[int, Raw]:
        """Read the wanted tags of one directory; the first of doubles counts, a broken one is left out."""
        if not 0 < at <= len(self._block) - 2:
            raise ValueError("a directory lies outside the block")
        count = min(int(self._unpack("H", at)[0]), MAX_ENTRIES, (len(self._block) - at - 2) // ENTRY)
        found: dict[int, Raw] = {}
        entries = struct.iter_unpack(self._order + "HHI4x", self._block[at + 2 : at + 2 + count * ENTRY])
        for place, (tag, kind, amount) in enumerate(entries):
            if tag in wanted and tag not in found:
                found[tag] = self._value(kind, amount, at + 2 + place * ENTRY + 8)
        return found

    def _value(self, kind: int, amount: int, field: int) -> Raw:
        if kind in OPAQUE:
            start = self._start(amount, field)
            return self._block[start : start + min(amount, MAX_BYTES)]
        code = NUMBERS.get(kind) or RATIONALS.get(kind)
        if code is None:
            return ()
        width = struct.calcsize(self._order + code)
        start = self._start(amount * width, field)
        room = max(len(self._block) - start, 0) // width
        return tuple(self._number(code, start + i * width) for i in range(min(amount, MAX_NUMBERS, room)))

    def _start(self, size: int, field: int) -> int:
        return field if size <= FIELD else int(self._unpack("I", field)[0])

    def _number(self, code: str, at: int) -> Number:
        parts = self._unpack(code, at)
        if len(parts) > 1:
            return parts[0] / parts[1] if parts[1] else None
        return parts[0] if math.isfinite(parts[0]) else None

    def _unpack(self, code: str, at: int) -> tuple[int | float, ...]:
        return struct.unpack_from(self._order + code, self._block, at)
