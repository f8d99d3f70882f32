"""What the header of any image says, and how large it may say to be, before a pixel is decoded."""

from dataclasses import dataclass

from shared.errors import ImageTooLarge, UnprocessableImage

MAX_PIXELS = 100_000_000
MAX_SIDE = 30_000
MAX_EXIF = 64 * 1024
ANIMATED = "animated"


@dataclass(frozen=True, slots=True)
class Header:
    """The size as stored (not as displayed), and the EXIF block as found."""

    mime: str
    width: int
    height: int
    exif: bytes = b""
    warnings: tuple[str, ...] = ()


def require_size(header: Header, *, max_pixels: int = MAX_PIXELS, max_side: int = MAX_SIDE) -> None:
    """Refuse an image without pixels, and one with more than may ever be decoded."""
    width, height = header.width, header.height
    if not (width and height):
        raise UnprocessableImage("The image says it has no pixels: send the photo again from the camera.")
    if width * height > max_pixels or max(width, height) > max_side:
        raise ImageTooLarge(
            f"The image is {width} x {height} pixels; at most {max_pixels} pixels and {max_side} a side"
            " are accepted. Send a smaller version.",
            width=width,
            height=height,
        )
