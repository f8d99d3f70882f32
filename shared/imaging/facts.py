"""The facts of an image of any accepted kind, by its header alone."""

from shared.errors import UnsupportedType
from shared.imaging.exif import sanitise
from shared.imaging.header import MAX_PIXELS, MAX_SIDE, Header, require_size
from shared.imaging.heif import read_heif
from shared.imaging.jpeg import read_jpeg
from shared.imaging.png import read_png
from shared.imaging.sniff import ACCEPTED, AVIF, HEIC, JPEG, PNG, WEBP, require_accepted
from shared.imaging.source import Source
from shared.imaging.webp import read_webp
from shared.photos import ImageFacts

SNIFFED = 1024
READERS = {JPEG: read_jpeg, PNG: read_png, WEBP: read_webp}
TURNED = frozenset({5, 6, 7, 8})


def read_header(
    source: Source,
    *,
    accept: frozenset[str] = ACCEPTED,
    max_pixels: int = MAX_PIXELS,
    max_side: int = MAX_SIDE,
) -> Header:
    """Read the header of an accepted kind of image, of a size that may be decoded."""
    mime = require_accepted(source.at(0, SNIFFED), accept)
    header = _read(source, mime)
    require_size(header, max_pixels=max_pixels, max_side=max_side)
    return header


def facts_of(header: Header) -> ImageFacts:
    """Turn a header into facts: the size as people will see it, the EXIF as a database can hold it."""
    exif, warnings = sanitise(header.exif)
    turned = exif.get("orientation") in TURNED
    width, height = (header.height, header.width) if turned else (header.width, header.height)
    return ImageFacts(header.mime, width, height, exif, (*header.warnings, *warnings))


def _read(source: Source, mime: str) -> Header:
    if mime in {HEIC, AVIF}:
        return read_heif(source, mime)
    reader = READERS.get(mime)
    if reader is None:
        raise UnsupportedType(f"{mime} cannot be read here: send a JPEG or a PNG.", mime=mime)
    return reader(source)
