"""Whether an image that is all in our hands can be decoded to its end, in bounded time and memory."""

from collections.abc import Callable, Mapping

from shared.errors import ImageTooLarge, UnsupportedType
from shared.imaging import decode
from shared.imaging.facts import facts_of, read_header
from shared.imaging.header import MAX_PIXELS, MAX_SIDE, Header
from shared.imaging.jpeg_scans import decodable_parts
from shared.imaging.png_raster import require_whole
from shared.imaging.sniff import ACCEPTED, AVIF, JPEG, PNG, WEBP
from shared.imaging.source import Whole
from shared.photos import ImageFacts

# These decoders know no smaller way than the full one: 16 bytes a pixel, and up to 90 ns.
MAX_PIXELS_IN_FULL = 25_000_000


def check(
    data: bytes | memoryview,
    *,
    accept: frozenset[str] = ACCEPTED,
    max_pixels: int = MAX_PIXELS,
    max_side: int = MAX_SIDE,
) -> ImageFacts:
    """Return the facts of an image that is whole; refuse any other before it can cost much."""
    view = memoryview(data)
    header = read_header(Whole(view), accept=accept, max_pixels=max_pixels, max_side=max_side)
    facts = facts_of(header)
    _require_decodable(view, header)
    return facts


def _require_decodable(view: memoryview, header: Header) -> None:
    proof = PROOFS.get(header.mime)
    if proof is None:
        raise UnsupportedType(
            f"{header.mime} cannot be decoded here: send it through the direct door, or convert it to JPEG.",
            mime=header.mime,
        )
    proof(view, header)


def _prove_jpeg(view: memoryview, _: Header) -> None:
    decode.decode_jpeg(decodable_parts(view))


def _prove_png(view: memoryview, _: Header) -> None:
    require_whole(view)


def _prove_webp(view: memoryview, header: Header) -> None:
    require_affordable(header)
    decode.decode_webp(view, (header.width, header.height))


def _prove_avif(view: memoryview, header: Header) -> None:
    require_affordable(header)
    decode.decode_avif(view, (header.width, header.height))


def require_affordable(header: Header) -> None:
    """Refuse what has no smaller way than the full one, and too many pixels for that."""
    if header.width * header.height > MAX_PIXELS_IN_FULL:
        raise ImageTooLarge(
            f"This kind of image is decoded here up to {MAX_PIXELS_IN_FULL} pixels only:"
            " send it through the direct door, or smaller.",
            width=header.width,
            height=header.height,
        )


PROOFS: Mapping[str, Callable[[memoryview, Header], None]] = {
    JPEG: _prove_jpeg,
    PNG: _prove_png,
    WEBP: _prove_webp,
    AVIF: _prove_avif,
}
