"""Where in a JPEG its segments, its frame size and its EXIF are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import UnprocessableImage
from shared.imaging.header import ANIMATED, MAX_EXIF, Header
from shared.imaging.sniff import JPEG
from shared.imaging.source import Source, need

SOF0, SOF2, DHT, EOI, SOS, DQT, DRI = 0xC0, 0xC2, 0xC4, 0xD9, 0xDA, 0xDB, 0xDD
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, 0xCC}
# Baseline, extended and progressive Huffman: what cameras write and browsers show. The arithmetic and
# lossless kinds have decoders that nobody tests.
CODINGS = frozenset({SOF0, 0xC1, SOF2})
FILL = 0xFF
KNOWN = frozenset({*range(0xC0, 0xDE), *range(0xE0, 0xF0), 0xFE}) - {0xC8}
STANDALONE = frozenset(range(0xD0, 0xD9))
LENGTH_FIELD = 2
MARKER = re.compile(rb"\xff([\x01-\xfe])")
# Decoders skip junk between segments byte by byte: a long run is an attack on their time.
MAX_JUNK = 4096
MAX_SEGMENTS = 1000
EXIF_SIGN, MULTI_PICTURE_SIGN = b"Exif\0\0", b"MPF\0"


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker, and where its body lies."""

    marker: int
    body: int
    length: int


def segments(source: Source) -> Iterator[Segment]:
    """Walk from the start to the first scan, which is the last segment given."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        marker, at = _next_marker(source, at)
        require_known(marker)
        if marker == EOI:
            raise UnprocessableImage("The JPEG ends before its picture begins: send the whole photo.")
        if marker in STANDALONE:
            continue
        length = segment_length(need(source, at, 2))
        yield Segment(marker, at + 2, length - 2)
        if marker == SOS:
            return
        at += length
    raise UnprocessableImage(f"The JPEG has more than {MAX_SEGMENTS} segments before its picture: export it again.")


def require_known(marker: int) -> None:
    """Refuse the reserved markers: decoders disagree on whether a length follows, and much hides in that."""
    if marker not in KNOWN:
        raise UnprocessableImage("The JPEG holds a marker that no camera writes: the file is damaged, send it again.")


def segment_length(field: bytes) -> int:
    """Read the length of a segment, which counts its own two bytes."""
    length = int.from_bytes(field, "big")
    if length < LENGTH_FIELD:
        raise UnprocessableImage("A JPEG segment has an impossible length: the file is damaged, send it again.")
    return length


def read_jpeg(source: Source) -> Header:
    """Walk to the frame header, remembering the EXIF on the way."""
    exif = b""
    warnings: tuple[str, ...] = ()
    for segment in segments(source):
        if segment.marker in FRAMES:
            width, height = _frame_size(source, segment)
            return Header(JPEG, width, height, exif, warnings)
        sign = source.at(segment.body, 6) if segment.marker in {APP1, APP2} else b""
        if segment.marker == APP1 and sign == EXIF_SIGN and not exif:
            exif = source.at(segment.body + 6, min(segment.length - 6, MAX_EXIF))
        if segment.marker == APP2 and sign.startswith(MULTI_PICTURE_SIGN):
            warnings = (ANIMATED,)
    raise UnprocessableImage("The JPEG has no frame header: the file is damaged, send it again.")


def _next_marker(source: Source, at: int) -> tuple[int, int]:
    head = need(source, at, 2)
    if head[0] == FILL and 0 < head[1] < FILL:
        return head[1], at + 2
    found = MARKER.search(source.at(at, MAX_JUNK))
    if not found:
        raise UnprocessableImage(
            "The JPEG holds junk where a segment should begin: the file is damaged, send it again."
        )
    return found[1][0], at + found.end()


def _frame_size(source: Source, segment: Segment) -> tuple[int, int]:
    if segment.marker not in CODINGS:
        raise UnprocessableImage(
            "The JPEG is arithmetic-coded or lossless, which browsers cannot show: export it again."
        )
    frame = need(source, segment.body, 5)
    return int.from_bytes(frame[3:5], "big"), int.from_bytes(frame[1:3], "big")
