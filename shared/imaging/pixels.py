"""What a picture looks like to a model: upright, in sRGB, without transparency, and small."""

import io
from collections.abc import Callable
from typing import Final

from PIL import Image

from shared.imaging.colour import smooth, to_srgb
from shared.imaging.decode import decoding
from shared.imaging.derive import TURNS
from shared.imaging.original import open_original

LARGEST_SIDE: Final = 2048
QUALITY: Final = 90
# A decoder that halves by itself leaves the resize enough to average over.
SPARE: Final = 2


def rgb_square(data: bytes, edge: int) -> bytes:
    """The whole picture squeezed into a square, as rows of red, green and blue."""
    bilinear = Image.Resampling.BILINEAR
    return _seen(data, edge * SPARE, lambda image: image.resize((edge, edge), bilinear)).tobytes()


def as_jpeg(data: bytes) -> bytes:
    """The picture as a JPEG of at most 2048 pixels a side, without a word about where it was taken."""
    written = io.BytesIO()
    _seen(data, LARGEST_SIDE, _fitted).save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


def _seen(data: bytes, enough: int, shrink: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Make small first, so that the rest is cheap; then make it what people see."""
    original = open_original(memoryview(data), enough)
    with decoding():
        picture, _ = to_srgb(shrink(smooth(original.image)), original.profile)
        turn = TURNS.get(original.orientation)
        return picture if turn is None else picture.transpose(turn)


def _fitted(image: Image.Image) -> Image.Image:
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return image
