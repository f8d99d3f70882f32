"""How an original is opened: guarded, and decoded no larger than is needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import UnsupportedType
from shared.imaging import decode, jpeg_scans, png_picture
from shared.imaging.check import require_affordable
from shared.imaging.facts import facts_of, read_header
from shared.imaging.header import Header
from shared.imaging.profile import profile_of_jpeg, profile_of_png
from shared.imaging.sniff import AVIF, HEIC, JPEG, PNG, WEBP
from shared.imaging.source import Whole
from shared.photos import ImageFacts

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# What is already stored was accepted by some setting of its time.
READABLE = frozenset({JPEG, PNG, WEBP, AVIF, HEIC})
SCALES = (8, 4, 2)
ORIENTATION, UPRIGHT = 0x0112, 1


@dataclass(frozen=True, slots=True)
class Original:
    """The pixels as stored, and how to see them: which side is up, what the numbers of a colour mean."""

    facts: ImageFacts
    image: "Image"
    orientation: int
    profile: bytes


def open_original(view: memoryview, enough: int) -> Original:
    """Decode to its end an image that is whole and affordable, with its longest side not below enough."""
    header = read_header(Whole(view), accept=READABLE)
    opened = OPENERS.get(header.mime)
    if opened is None:
        raise UnsupportedType(f"{header.mime} cannot be decoded here: keep the original.", mime=header.mime)
    return opened(view, header, enough)


def _open_jpeg(view: memoryview, header: Header, enough: int) -> Original:
    parts = jpeg_scans.decodable_parts(view)
    longest = max(header.width, header.height)
    scale = next((scale for scale in SCALES if longest >= enough * scale), 1)
    return _upright_by_exif(header, decode.decode_jpeg(parts, scale), profile_of_jpeg(view))


def _open_png(view: memoryview, header: Header, _: int) -> Original:
    image = decode.decode_png(png_picture.decodable_parts(view))
    return _upright_by_exif(header, image, profile_of_png(view))


def _open_webp(view: memoryview, header: Header, _: int) -> Original:
    require_affordable(header)
    image = decode.decode_webp(view, (header.width, header.height))
    return _upright_by_exif(header, image, _attached_profile(image))


def _open_avif(view: memoryview, header: Header, _: int) -> Original:
    """Its turn is a box of the container, which Pillow tells as if it were EXIF."""
    require_affordable(header)
    image = decode.decode_avif(view, (header.width, header.height))
    turn = image.getexif().get(ORIENTATION, UPRIGHT)
    return Original(facts_of(header), image, turn, _attached_profile(image))


def _upright_by_exif(header: Header, image: "ImageFile", profile: bytes) -> Original:
    facts = facts_of(header)
    turn = facts.exif.get("orientation", UPRIGHT)
    return Original(facts, image, turn if isinstance(turn, int) else UPRIGHT, profile)


def _attached_profile(image: "ImageFile") -> bytes:
    return bytes(image.info.get("icc_profile", b""))


OPENERS: Mapping[str, Callable[[memoryview, Header, int], Original]] = {
    JPEG: _open_jpeg,
    PNG: _open_png,
    WEBP: _open_webp,
    AVIF: _open_avif,
}
