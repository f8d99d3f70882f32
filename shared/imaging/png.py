"""Where in a PNG its chunks, its size and its EXIF are."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import UnprocessableImage
from shared.imaging.header import ANIMATED, MAX_EXIF, Header
from shared.imaging.sniff import PNG
from shared.imaging.source import FIRST_READ, Source, need

CHUNK = struct.Struct(">I4s")
IHDR = struct.Struct(">IIBBBBB")
MAX_CHUNKS = 65_536


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, and where its body lies."""

    kind: bytes
    body: int
    length: int


def chunks(source: Source) -> Iterator[Chunk]:
    """Walk the chunks as far as the caller cares to look."""
    at = 8
    for _ in range(MAX_CHUNKS):
        length, kind = CHUNK.unpack(need(source, at, CHUNK.size))
        yield Chunk(kind, at + 8, length)
        at += length + 12
    raise UnprocessableImage(f"The PNG has more than {MAX_CHUNKS} chunks: export it again.")


def read_png(source: Source) -> Header:
    """Read the size; the EXIF and the animation only where they stand near the front."""
    walk = chunks(source)
    first = next(walk)
    if first.kind != b"IHDR" or first.length != IHDR.size:
        raise UnprocessableImage("The PNG does not begin with its header: the file is damaged, send it again.")
    width, height, *_ = IHDR.unpack(need(source, first.body, IHDR.size))
    exif = b""
    warnings: tuple[str, ...] = ()
    # Nothing past the first read is worth another one: the size is known.
    for chunk in _near(walk):
        if chunk.kind == b"eXIf":
            exif = source.at(chunk.body, min(chunk.length, MAX_EXIF))
        if chunk.kind == b"acTL":
            warnings = (ANIMATED,)
    return Header(PNG, width, height, exif, warnings)


def _near(walk: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in walk:
        if chunk.kind in {b"IDAT", b"IEND"}:
            return
        yield chunk
        if chunk.body + chunk.length + 12 > FIRST_READ:
            return
