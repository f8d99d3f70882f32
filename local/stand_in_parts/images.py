"""Images: what kind of picture some bytes are, if they are one."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

FORMATS = {
    "AVIF": "avif",
    "BMP": "bmp",
    "GIF": "gif",
    "ICO": "ico",
    "JPEG": "jpg",
    "JPEG2000": "jp2",
    "MPO": "jpg",
    "PNG": "png",
    "TIFF": "tif",
    "WEBP": "webp",
}
# Pillow opens an MPO as a JPEG first and only then finds out; it cannot be asked for one.
OPENED = tuple(name for name in FORMATS if name != "MPO")
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"})


@dataclass(frozen=True, slots=True)
class Picture:
    """The facts a header tells."""

    format: str
    width: int
    height: int


def look_at(content: bytes) -> Picture | None:
    """Read the header only: a picture that cannot be decoded to the end is stored, too."""
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return _heif(content)
    try:
        with Image.open(BytesIO(content), formats=OPENED) as image:
            return Picture(FORMATS[str(image.format)], *image.size)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def _heif(content: bytes) -> Picture | None:
    """Take the largest `ispe` box: the tiles of a grid have smaller ones of their own."""
    sizes = []
    at = content.find(b"ispe")
    while at >= 0:
        box = content[at + 8 : at + 16]
        sizes.append((int.from_bytes(box[:4], "big"), int.from_bytes(box[4:], "big")))
        at = content.find(b"ispe", at + 4)
    return Picture("heic", *max(sizes)) if sizes else None
