"""Whether a PNG is whole, to its last row, proved with one megabyte of it in memory at a time."""

import zlib
from collections.abc import Iterator
from itertools import chain

from shared.errors import ImageTooLarge, UnprocessableImage
from shared.imaging.png import IHDR, Chunk, chunks
from shared.imaging.source import Whole

WINDOW = 1024 * 1024
PIECE = 64 * 1024
# What Pillow and browsers still open; a larger one is a bomb, not a comment or a profile.
MAX_INFLATED_CHUNK = 1024 * 1024
# 100 megapixels of four 8-bit channels, with room for the filter bytes; it takes a second and a half.
MAX_RASTER = 410_000_000
MAX_INFLATED = 64 * MAX_INFLATED_CHUNK
DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PALETTE = 3
LAST_FILTER = 4
# Start and step, across and down, of the seven passes of an interlaced picture.
PASSES = (
    (0, 8, 0, 8),
    (4, 8, 0, 8),
    (0, 4, 4, 8),
    (2, 4, 0, 4),
    (0, 2, 2, 4),
    (1, 2, 0, 2),
    (0, 1, 1, 2),
)
Rows = tuple[int, int]
"""How many rows, of how many bytes each, the filter byte included."""


def require_whole(data: memoryview) -> list[Chunk]:
    """Check every checksum, inflate every row, and refuse what hides a bomb; give the chunks, up to the last."""
    seen = list(_checked(data))
    kinds = [chunk.kind for chunk in seen]
    pixels = [chunk for chunk in seen if chunk.kind == b"IDAT"]
    first = kinds.index(b"IDAT") if pixels else len(kinds)
    if not pixels or kinds[first : first + len(pixels)] != [b"IDAT"] * len(pixels):
        raise UnprocessableImage("The PNG has no picture in one piece: the file is damaged, send it again.")
    rows = _rows(data, b"PLTE" in kinds[:first])
    _require_harmless(data, seen)
    expected = sum(count * width for count, width in rows)
    if expected > MAX_RASTER:
        raise ImageTooLarge(
            f"The PNG unpacks to {expected} bytes, at most {MAX_RASTER} are accepted: send it smaller."
        )
    try:
        _require_rows(_inflated(data, pixels, expected), rows)
    except zlib.error as error:
        raise UnprocessableImage("The PNG cannot be unpacked: the file is damaged, send it again.") from error
    return seen


def _checked(data: memoryview) -> Iterator[Chunk]:
    for chunk in chunks(Whole(data)):
        end = chunk.body + chunk.length
        stored = int.from_bytes(data[end : end + 4], "big")
        if end + 4 > len(data) or zlib.crc32(data[chunk.body - 4 : end]) != stored:
            raise UnprocessableImage("The PNG is cut off or damaged: send the whole photo again.")
        yield chunk
        if chunk.kind == b"IEND":
            return


def _rows(data: memoryview, has_palette: bool) -> list[Rows]:  # noqa: FBT001
    width, height, depth, colour, compression, filtering, interlaced = IHDR.unpack(data[16:29])
    if depth not in DEPTHS.get(colour, ()) or compression or filtering or interlaced > 1:
        raise UnprocessableImage("The PNG has an impossible header: export it again.")
    if colour == PALETTE and not has_palette:
        raise UnprocessableImage("The PNG has no palette for its colours: export it again.")
    passes = PASSES if interlaced else ((0, 1, 0, 1),)
    bits = depth * CHANNELS[colour]
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, dx, y, dy in passes]
    return [(down, 1 + (across * bits + 7) // 8) for across, down in sizes if across > 0 and down > 0]


def _require_harmless(data: memoryview, seen: list[Chunk]) -> None:
    total = 0
    for chunk in seen:
        if chunk.kind in {b"zTXt", b"iTXt", b"iCCP"}:
            inflated = _inflated_size(bytes(data[chunk.body : chunk.body + chunk.length]), chunk.kind)
            total += inflated
            if inflated > MAX_INFLATED_CHUNK or total > MAX_INFLATED:
                raise UnprocessableImage("The PNG holds a text or profile that unpacks without end: export it again.")


def _inflated_size(body: bytes, kind: bytes) -> int:
    """Unpack just enough to see whether it is too much; what cannot be unpacked is harmless."""
    rest = body.partition(b"\0")[2]
    if kind == b"iTXt":
        rest = b"\0" + rest[2:].partition(b"\0")[2].partition(b"\0")[2] if rest[:1] == b"\1" else b""
    try:
        return len(zlib.decompressobj().decompress(rest[1:], MAX_INFLATED_CHUNK + 1))
    except zlib.error:
        return 0


def _inflated(data: memoryview, pixels: list[Chunk], expected: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    pieces = chain(_pieces(data, pixels), (memoryview(b""),))
    for piece in pieces:
        rest: memoryview | bytes = piece
        while expected > 0:
            window = unpacker.decompress(rest, min(WINDOW, expected))
            rest = unpacker.unconsumed_tail
            expected -= len(window)
            if not window:
                break
            yield window
    if expected > 0:
        raise UnprocessableImage("The PNG ends in the middle of its picture: send the whole photo.")


def _pieces(data: memoryview, pixels: list[Chunk]) -> Iterator[memoryview]:
    # Small pieces: what a call leaves unread is copied each time.
    for chunk in pixels:
        end = chunk.body + chunk.length
        for at in range(chunk.body, end, PIECE):
            yield data[at : min(at + PIECE, end)]


def _require_rows(windows: Iterator[bytes], rows: list[Rows]) -> None:
    """Look at the filter byte that begins every row: a wrong one is what a decoder stumbles on."""
    base = 0
    for window in windows:
        start = 0
        for count, width in rows:
            stop = start + count * width
            first = max(start, start - (start - base) // width * width)
            if max(window[max(first - base, 0) : max(stop - base, 0) : width], default=0) > LAST_FILTER:
                raise UnprocessableImage(
                    "The PNG has a row that cannot be decoded: the file is damaged, send it again."
                )
            start = stop
        base += len(window)
