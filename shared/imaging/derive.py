"""How an original becomes its renditions, in this process: the same bytes in, the same bytes out."""

import io
from dataclasses import dataclass
from importlib import import_module
from math import ceil

from PIL import Image

from shared.imaging.colour import SMOOTH, smooth, to_srgb
from shared.imaging.decode import decoding
from shared.imaging.derived import Derived, Rendition
from shared.imaging.header import ANIMATED
from shared.imaging.original import Original, open_original
from shared.imaging.thumbhash import thumbhash

# EXIF is a TIFF inside, and an AVIF tells its turn as EXIF.
PLUGINS = ("WebPImagePlugin", "AvifImagePlugin", "TiffImagePlugin")
Transpose = Image.Transpose
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
BAND = 4_000_000
"""Pixels that are made smooth at a time, where the whole would be in memory twice."""


@dataclass(frozen=True, slots=True)
class Format:
    """How large a rendition is at most, and how hard the encoder tries."""

    edge: int
    quality: int
    method: int


# Method 0 takes a quarter of the time of the usual 4 and makes a display 3 % larger: it is looked at one at a
# time. A thumb is small enough to be worth method 4: a gallery loads a hundred, each 9 % smaller.
DISPLAY = Format(edge=2048, quality=80, method=0)
THUMB = Format(edge=400, quality=75, method=4)
# The decoder halves for nothing, and half of 12 megapixels is 2016 across, of a 4K frame 1920: near enough to
# the 2048 that resizing from the whole, at two and a half times the cost, is not worth it.
NEARLY_DISPLAY = 1920


def derive(source: bytes | memoryview) -> Derived:
    """Decode once, as small as will do; make the display of it, and the thumb of the display."""
    ready()
    original = open_original(memoryview(source), NEARLY_DISPLAY)
    with decoding():
        picture, remarks = _upright(original)
        small = _resized(picture, _fitted(picture.size, THUMB.edge))
        return Derived(
            display=_rendition(picture, DISPLAY),
            thumb=_rendition(small, THUMB),
            placeholder=thumbhash(small),
            width=original.facts.width,
            height=original.facts.height,
            mime=original.facts.mime,
            exif=original.facts.exif,
            warnings=(*original.facts.warnings, *remarks),
            animated=ANIMATED in original.facts.warnings,
        )


def ready() -> None:
    """Have in memory whatever Pillow would look for later: a child may open no file, and looking is slow."""
    Image.preinit()
    for name in PLUGINS:
        import_module(f"PIL.{name}")


def _upright(original: Original) -> tuple[Image.Image, tuple[str, ...]]:
    """Turn only what is already small and in its last colours."""
    small = _shrunk(original.image, _fitted(original.image.size, DISPLAY.edge))
    picture, remarks = to_srgb(small, original.profile)
    turn = TURNS.get(original.orientation)
    return (picture if turn is None else picture.transpose(turn)), remarks


def _fitted(size: tuple[int, int], edge: int) -> tuple[int, int]:
    longest = max(size)
    if longest <= edge:
        return size
    return max(1, round(size[0] * edge / longest)), max(1, round(size[1] * edge / longest))


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.mode in SMOOTH and "transparency" not in image.info:
        return _resized(image, size)
    # As whole pixels as may be, and still twice the size: the rest is for the better filter.
    factor = max(1, min(image.width // size[0], image.height // size[1]) // 2)
    return _resized(_banded(image, factor), size)


def _banded(image: Image.Image, factor: int) -> Image.Image:
    """Make it smooth and smaller in bands: never is there a second picture of its full size."""
    rows = max(1, BAND // image.width // factor) * factor
    whole: Image.Image | None = None
    for top in range(0, image.height, rows):
        band = smooth(image.crop((0, top, image.width, min(top + rows, image.height)))).reduce(factor)
        whole = whole or Image.new(band.mode, (band.width, ceil(image.height / factor)))
        whole.paste(band, (0, top // factor))
    return whole or image


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _rendition(image: Image.Image, how: Format) -> Rendition:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=how.quality, method=how.method)
    return Rendition(target.getvalue(), image.width, image.height)
