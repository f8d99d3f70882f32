"""Where in a WebP its chunks, its size and its EXIF are."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import UnprocessableImage
from shared.imaging.header import ANIMATED, MAX_EXIF, Header
from shared.imaging.sniff import WEBP
from shared.imaging.source import Source, need

CHUNK = struct.Struct("<4sI")
ANIMATION_FLAG, EXIF_FLAG = 0x02, 0x08
MAX_CHUNKS = 1000
EXIF_SIGN = b"Exif\0\0"
EXIF_TOO_FAR = "exif: too far into the file to be read"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One RIFF chunk, and where its body lies."""

    kind: bytes
    body: int
    length: int


def read_webp(source: Source) -> Header:
    """Read the size from the first chunk; the EXIF, which stands last, only when the flags promise it."""
    kind, length = CHUNK.unpack(need(source, 12, CHUNK.size))
    width, height = _size(source, kind)
    flags = need(source, 20, 1)[0] if kind == b"VP8X" else 0
    warnings = (ANIMATED,) if flags & ANIMATION_FLAG else ()
    if not flags & EXIF_FLAG:
        return Header(WEBP, width, height, b"", warnings)
    exif = _exif(source, 20 + length + length % 2)
    return Header(WEBP, width, height, exif, warnings if exif else (*warnings, EXIF_TOO_FAR))


def _size(source: Source, kind: bytes) -> tuple[int, int]:
    if kind == b"VP8X":
        box = need(source, 24, 6)
        return int.from_bytes(box[:3], "little") + 1, int.from_bytes(box[3:], "little") + 1
    if kind == b"VP8L" and need(source, 20, 1) == b"\x2f":
        bits = int.from_bytes(need(source, 21, 4), "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and need(source, 23, 3) == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", need(source, 26, 4))
        return width & 0x3FFF, height & 0x3FFF
    raise UnprocessableImage("The WebP has no picture where it must begin: the file is damaged, send it again.")


def _exif(source: Source, at: int) -> bytes:
    for chunk in _chunks(source, at):
        if chunk.kind == b"EXIF":
            return source.at(chunk.body, min(chunk.length, MAX_EXIF)).removeprefix(EXIF_SIGN)
    return b""


def _chunks(source: Source, at: int) -> Iterator[Chunk]:
    for _ in range(MAX_CHUNKS):
        head = source.at(at, CHUNK.size)
        if len(head) < CHUNK.size:
            return
        kind, length = CHUNK.unpack(head)
        yield Chunk(kind, at + 8, length)
        at += 8 + length + length % 2
