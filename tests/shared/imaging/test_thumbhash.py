"""A placeholder is the ThumbHash that anybody's decoder understands."""

from base64 import b64decode

import pytest
from PIL import Image

from shared.imaging.thumbhash import EDGE, thumbhash


def wild(width, height):
    pixels = ((x * 7 + y * 3, x * x + y, x * y * 5) for y in range(height) for x in range(width))
    return Image.frombytes("RGB", (width, height), bytes(level % 256 for pixel in pixels for level in pixel))


def means(placeholder):
    """Light, yellow against blue, red against green: 0 to 1, and twice -1 to 1."""
    head = int.from_bytes(b64decode(placeholder)[:3], "little")
    return (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((48, 36), "3QcKHYoFcXVVlWh2iHZ3dwdo+WSH"),
        ((20, 48), "3FcKIwpAY2h4d4d3UHOJDnc="),
        ((48, 1), "EQsm0ZBmd4eIiAiZZoiQgHg="),
    ],
)
def test_it_is_what_another_implementation_makes_of_the_same_pixels(size, expected):
    assert thumbhash(wild(*size)) == expected


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 90), (10, 200, 255)])
def test_one_colour_is_its_mean_and_no_wave(colour):
    placeholder = thumbhash(Image.new("RGB", (4, 3), colour))

    r, g, b = (level / 255 for level in colour)
    assert means(placeholder) == pytest.approx(((r + g + b) / 3, (r + g) / 2 - b, r - g), abs=0.02)
    assert set(b64decode(placeholder)[5:]) == {0}


@pytest.mark.parametrize("size", [(2048, 1536), (300, 400), (2048, 1), (1, 2048), (1, 1)])
def test_a_picture_of_any_size_gets_few_letters(size):
    assert 16 <= len(thumbhash(Image.new("RGB", size, "teal"))) <= 32


def test_a_larger_copy_of_a_picture_looks_the_same():
    small = wild(EDGE, EDGE // 2)
    large = small.resize((EDGE * 10, EDGE * 5), Image.Resampling.NEAREST)

    assert thumbhash(large) == thumbhash(small)


def test_the_picture_itself_is_left_as_it_was():
    picture = wild(100, 50)

    thumbhash(picture)

    assert picture.size == (100, 50)
