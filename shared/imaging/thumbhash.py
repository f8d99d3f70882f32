"""Which few bytes stand for a picture until it is loaded: its ThumbHash, as text."""

from base64 import b64encode
from functools import cache
from itertools import chain
from math import cos, pi
from operator import mul

from PIL import Image

# The format allows 100. Nothing finer than seven waves a side is kept, and they are all there in half of it.
EDGE = 48
WAVES, COLOUR_WAVES = 7, 3
FLAT = 1e-9
"""A wave below this is the rounding of the machine, which would differ on another."""

Rows = list[list[float]]
Channel = tuple[float, float, list[float]]
"""The mean, the strength of the strongest wave, and each wave from 0 to 1 of it."""


def thumbhash(image: Image.Image) -> str:
    """Sum an opaque RGB picture up in a mean colour and a few waves."""
    small = image.copy()
    small.thumbnail((EDGE, EDGE), Image.Resampling.BOX)
    width, height = small.size
    across, down = _waves_along(width, height)
    light, yellow, red = _opponents(small)
    channels = (
        _channel(light, max(across, COLOUR_WAVES), max(down, COLOUR_WAVES)),
        _channel(yellow, COLOUR_WAVES, COLOUR_WAVES),
        _channel(red, COLOUR_WAVES, COLOUR_WAVES),
    )
    head = _head(channels, shorter=down if width > height else across, landscape=width > height)
    return b64encode(head + _nibbles(list(chain.from_iterable(waves for _, _, waves in channels)))).decode()


def _waves_along(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    return max(1, _round(WAVES * width / longest)), max(1, _round(WAVES * height / longest))


def _opponents(image: Image.Image) -> tuple[Rows, Rows, Rows]:
    """Split into light, yellow against blue, and red against green, as the eye does."""
    width, height = image.size
    red, green, blue = ([level / 255 for level in image.getchannel(band).tobytes()] for band in "RGB")
    pixels = list(zip(red, green, blue, strict=True))
    return (
        _rows([(r + g + b) / 3 for r, g, b in pixels], width, height),
        _rows([(r + g) / 2 - b for r, g, b in pixels], width, height),
        _rows([r - g for r, g, _ in pixels], width, height),
    )


def _rows(values: list[float], width: int, height: int) -> Rows:
    return [values[y * width : (y + 1) * width] for y in range(height)]


def _channel(rows: Rows, across: int, down: int) -> Channel:
    """Weigh the waves in the triangle of the coarse ones; rows first, because that is 7 times less work."""
    width, height = len(rows[0]), len(rows)
    summed = [[sum(map(mul, row, wave)) for row in rows] for wave in _waves(width, across)]
    mean, *waves = (
        sum(map(mul, summed[x], wave)) / (width * height)
        for y, wave in enumerate(_waves(height, down))
        for x in range(across)
        if x * down < across * (down - y)
    )
    strongest = max(map(abs, waves), default=0.0)
    if strongest < FLAT:
        return mean, 0.0, [0.0] * len(waves)
    return mean, strongest, [0.5 + 0.5 / strongest * wave for wave in waves]


@cache
def _waves(length: int, count: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(cos(pi / length * n * (at + 0.5)) for at in range(length)) for n in range(count))


def _head(channels: tuple[Channel, Channel, Channel], *, shorter: int, landscape: bool) -> bytes:
    (light, contrast, _), (yellow, yellow_scale, _), (red, red_scale, _) = channels
    means = _round(63 * light) | _round(31.5 + 31.5 * yellow) << 6 | _round(31.5 + 31.5 * red) << 12
    first = means | _round(31 * contrast) << 18
    second = shorter | _round(63 * yellow_scale) << 3 | _round(63 * red_scale) << 9 | landscape << 15
    return first.to_bytes(3, "little") + second.to_bytes(2, "little")


def _nibbles(waves: list[float]) -> bytes:
    levels = [_round(15 * wave) for wave in waves]
    levels += [0] * (len(levels) % 2)
    return bytes(low | high << 4 for low, high in zip(levels[::2], levels[1::2], strict=True))


def _round(value: float) -> int:
    """Round halves up, and what misses a half by the machine's rounding only; values are never negative."""
    return int(value + 0.5 + FLAT)
