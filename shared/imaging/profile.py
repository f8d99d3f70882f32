"""Which colour profile an image brought along, as it stands in the file."""

import zlib

from shared.imaging.jpeg import APP2, segments
from shared.imaging.png import chunks
from shared.imaging.source import Whole

# The largest in use, for printing, are about as large; a larger one is an attack on the colour engine.
MAX_PROFILE = 4 * 1024 * 1024
JPEG_SIGN, NUMBERED = b"ICC_PROFILE\0", 14
BROKEN = b"broken"


def profile_of_jpeg(view: memoryview) -> bytes:
    """Put its numbered pieces together; what is missing, the colour engine will notice."""
    found = [s for s in segments(Whole(view)) if s.marker == APP2 and s.length > NUMBERED]
    pieces = [view[s.body : s.body + s.length] for s in found]
    ours = {piece[12]: piece[NUMBERED:] for piece in pieces if piece[:12] == JPEG_SIGN}
    return b"".join(ours[number] for number in sorted(ours))


def profile_of_png(view: memoryview) -> bytes:
    """Unpack it, once the chunks are known to be whole."""
    for chunk in chunks(Whole(view)):
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == b"iCCP":
            return _unpacked(bytes(view[chunk.body : chunk.body + chunk.length]))
    return b""


def _unpacked(body: bytes) -> bytes:
    packed = body.partition(b"\0")[2][1:]
    try:
        return zlib.decompressobj().decompress(packed, MAX_PROFILE) or BROKEN
    except zlib.error:
        return BROKEN
