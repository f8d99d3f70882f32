"""What a stored object is, by a few ranges of it: an image we take, how large, taken when and where."""

from shared.imaging.facts import facts_of, read_header
from shared.imaging.header import MAX_PIXELS, MAX_SIDE
from shared.imaging.sniff import ACCEPTED
from shared.imaging.source import Ranged, ReadRange
from shared.photos import ImageFacts


def probe(
    read: ReadRange,
    size: int,
    *,
    accept: frozenset[str] = ACCEPTED,
    max_pixels: int = MAX_PIXELS,
    max_side: int = MAX_SIDE,
) -> ImageFacts:
    """Ask for (offset, length) once, three times at most, and never for more than 256 KiB in all."""
    source = Ranged(read, size)
    return facts_of(read_header(source, accept=accept, max_pixels=max_pixels, max_side=max_side))
