"""Where the bytes of an image come from: memory, or a few ranges of a stored object."""

from collections.abc import Callable
from typing import Protocol

from shared.errors import UnprocessableImage

FIRST_READ = 64 * 1024
LATER_READ = 96 * 1024
MAX_READS = 3

ReadRange = Callable[[int, int], bytes]
"""Takes an offset and a length, returns those bytes of the stored object."""


class Source(Protocol):
    """Bytes by offset; what lies beyond the end, or beyond the allowance, is simply not there."""

    def at(self, offset: int, length: int) -> bytes: ...


class Whole:
    """All bytes are already in memory."""

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def at(self, offset: int, length: int) -> bytes:
        return bytes(self._view[offset : offset + length])


class Ranged:
    """A window on a stored object: the front is read once, two more reads are allowed, then no more."""

    def __init__(self, read: ReadRange, size: int) -> None:
        self._read = read
        self._size = size
        self._start = 0
        self._held = b""
        self._reads = 0

    def at(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self._size)
        if end > offset and not self._holds(offset, end):
            self._fetch(offset)
        if not self._start <= offset:
            return b""
        return self._held[offset - self._start : max(end - self._start, 0)]

    def _holds(self, offset: int, end: int) -> bool:
        return self._start <= offset and end <= self._start + len(self._held)

    def _fetch(self, offset: int) -> None:
        if self._reads >= MAX_READS:
            return
        length = LATER_READ if self._reads else FIRST_READ
        self._reads += 1
        stop = self._start + len(self._held)
        if self._start <= offset < stop:
            self._held += self._range(stop, length)
        else:
            self._start, self._held = offset, self._range(offset, length)

    def _range(self, offset: int, length: int) -> bytes:
        length = min(length, self._size - offset)
        return self._read(offset, length)[:length] if length > 0 else b""


def need(source: Source, offset: int, length: int) -> bytes:
    """Return exactly these bytes; an image whose header is not there is refused."""
    found = source.at(offset, length)
    if len(found) < length:
        raise UnprocessableImage(
            "The image header is cut off, or hidden too far into the file: send the whole photo."
        )
    return found
