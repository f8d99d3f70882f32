"""Whether a JPEG is there to its end, and what its scans would cost a decoder."""

import re
from dataclasses import dataclass, field
from math import ceil
from mmap import mmap

from shared.errors import ImageTooLarge, UnprocessableImage
from shared.imaging.jpeg import (
    APP0,
    APP14,
    DHT,
    DQT,
    DRI,
    EOI,
    FILL,
    FRAMES,
    MAX_SEGMENTS,
    SOF2,
    SOS,
    require_known,
    segment_length,
    segments,
)
from shared.imaging.source import Whole

MAX_SCANS = 64
# A decoder keeps every coefficient (2 bytes) of a picture that comes in several scans.
BLOCK_BYTES = 128
MAX_COEFFICIENT_BYTES = 400_000_000
# Every scan visits its blocks again, even when it holds no data: 50 to 70 ns each.
MAX_BLOCK_VISITS = 30_000_000
BLOCK_SIDE = 8
# In entropy-coded data 0xFF is followed by zero or by a restart marker; anything else ends the scan.
SCAN_END = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
KEPT = FRAMES | {APP0, APP14, DHT, DQT, DRI, SOS}


@dataclass(slots=True)
class Plan:
    """What a decoder needs, and the work it would have with them."""

    head: bytearray
    picture: memoryview
    blocks: dict[int, int] = field(default_factory=dict)
    progressive: bool = False
    scans: list[tuple[int, ...]] = field(default_factory=list)

    def visits(self) -> int:
        return sum(self.blocks.get(component, 0) for scan in self.scans for component in scan)

    def coefficient_bytes(self) -> int:
        buffered = self.progressive or (self.scans and len(self.scans[0]) < len(self.blocks))
        return sum(self.blocks.values()) * BLOCK_BYTES if buffered else 0


def decodable_parts(data: memoryview) -> list[memoryview]:
    """Return the JPEG without its metadata and its tail, once its end is found and its cost is bearable.

    Metadata never reaches the decoder: neither its bombs nor its mistakes can fail a good picture.
    """
    plan = _plan(data)
    if len(plan.scans) > MAX_SCANS:
        raise UnprocessableImage(f"The JPEG has more than {MAX_SCANS} scans: export it again.")
    if plan.visits() > MAX_BLOCK_VISITS or plan.coefficient_bytes() > MAX_COEFFICIENT_BYTES:
        raise ImageTooLarge(
            "The JPEG is progressive, and too large to be decoded that way: send it as a baseline JPEG, or smaller."
        )
    # And an eighth, for the tables and the picture itself.
    _require_memory(plan.coefficient_bytes() * 9 // 8)
    return [memoryview(plan.head), plan.picture]


def _require_memory(size: int) -> None:
    """Ask first: a decoder that finds no memory for its coefficients says that the file is damaged."""
    if not size:
        return
    try:
        mmap(-1, size).close()
    except OSError as error:
        raise ImageTooLarge("The JPEG needs more memory than there is: send it as a baseline JPEG.") from MemoryError(
            error
        )


def _plan(data: memoryview) -> Plan:
    plan = Plan(bytearray(data[:2]), data)
    at = 2
    for segment in segments(Whole(data)):
        at = segment.body + segment.length
        if segment.marker in FRAMES:
            if plan.blocks:
                raise UnprocessableImage("The JPEG has two frame headers: the file is damaged, send it again.")
            plan.progressive = segment.marker == SOF2
            plan.blocks = _blocks(bytes(data[segment.body : at]))
        if segment.marker in KEPT:
            # The marker is written anew: what stood before it may have been junk.
            plan.head += bytes((FILL, segment.marker)) + data[segment.body - 2 : at]
    plan.scans.append(_components(bytes(data[segment.body : at])))
    end = _follow_scans(data, at, plan)
    plan.picture = data[at:end]
    return plan


def _follow_scans(data: memoryview, at: int, plan: Plan) -> int:
    """Skip from marker to marker to the end of the image; in between is entropy-coded data."""
    for _ in range(MAX_SEGMENTS):
        found = SCAN_END.search(data, at)
        if not found:
            raise UnprocessableImage("The JPEG ends in the middle of its picture: send the whole photo.")
        marker, at = found[1][0], found.end()
        if marker == EOI:
            return at
        require_known(marker)
        body, at = at + 2, at + segment_length(bytes(data[at : at + 2]))
        if marker == SOS:
            plan.scans.append(_components(bytes(data[body:at])))
    raise UnprocessableImage(f"The JPEG has more than {MAX_SEGMENTS} segments in its picture: export it again.")


def _components(scan: bytes) -> tuple[int, ...]:
    count = scan[0] if scan else 0
    return tuple(scan[1 : 1 + 2 * count : 2])


def _blocks(frame: bytes) -> dict[int, int]:
    """Count the 8 x 8 blocks of each component, by its share of the finest sampling."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    sampling = {frame[i]: (frame[i + 1] >> 4, frame[i + 1] & 15) for i in range(6, len(frame) - 2, 3)}
    most_across = max((across for across, _ in sampling.values()), default=0)
    most_down = max((down for _, down in sampling.values()), default=0)
    if not (most_across and most_down):
        raise UnprocessableImage("The JPEG has no colour components: the file is damaged, send it again.")
    return {
        component: ceil(width * across / most_across / BLOCK_SIDE) * ceil(height * down / most_down / BLOCK_SIDE)
        for component, (across, down) in sampling.items()
    }
