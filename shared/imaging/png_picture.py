"""What of a PNG a decoder needs: its picture alone, without what others wrote around it."""

from shared.imaging.png import IHDR, Chunk
from shared.imaging.png_raster import PALETTE, require_whole

END = b"\0\0\0\0IEND\xaeB`\x82"
SIGNATURE_LENGTH, FRAME = 8, 12
GREY, COLOUR = 0, 2
# How long a transparency is; one of another length would fail a good picture.
TRANSPARENCY = {GREY: range(2, 3), COLOUR: range(6, 7), PALETTE: range(1, 257)}


def decodable_parts(data: memoryview) -> list[memoryview]:
    """Return the PNG without its metadata, its other frames and its tail, once it is proved whole."""
    seen = require_whole(data)
    colour = IHDR.unpack(data[16:29])[3]
    kept: dict[bytes, Chunk] = {}
    for chunk in seen:
        if chunk.kind == b"IDAT":
            break
        # The first counts: a second header could tell the decoder of another size.
        if chunk.kind in {b"IHDR", b"PLTE"} or (chunk.kind == b"tRNS" and _fits(chunk, colour)):
            kept.setdefault(chunk.kind, chunk)
    head = b"".join((bytes(data[:SIGNATURE_LENGTH]), *(_bytes_of(data, chunk) for chunk in kept.values())))
    pixels = [chunk for chunk in seen if chunk.kind == b"IDAT"]
    return [memoryview(head), data[pixels[0].body - 8 : _end(pixels[-1])], memoryview(END)]


def _fits(chunk: Chunk, colour: int) -> bool:
    return chunk.length in TRANSPARENCY.get(colour, ())


def _bytes_of(data: memoryview, chunk: Chunk) -> bytes:
    return bytes(data[chunk.body - 8 : _end(chunk)])


def _end(chunk: Chunk) -> int:
    return chunk.body + chunk.length + 4
