"""How pixels of any mode become 8-bit sRGB on white."""

import io
from functools import cache
from typing import cast

from PIL import Image, ImageChops, ImageCms

from shared.imaging.profile import MAX_PROFILE

SMOOTH = frozenset({"L", "RGB", "CMYK", "LAB", "YCbCr", "HSV"})
"""Modes whose pixels can be averaged, and that hold no transparency."""

WITH_ALPHA = {"1": "LA", "L": "LA", "RGB": "RGBA", "P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
DEEP_TO_BYTE = 1 / 256
PROFILE_LEFT_OUT = "colour profile: unreadable, left out"
SAME = 2
"""Steps of 255 that nobody sees, and by which two makers of the same profile differ."""


def smooth(image: Image.Image) -> Image.Image:
    """Return it in a mode whose pixels can be averaged: 8 bits a channel, no palette, on white."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda level: level * DEEP_TO_BYTE).convert("L")
    if image.mode in {"PA", "La", "RGBa"} or ("transparency" in image.info and image.mode in WITH_ALPHA):
        image = image.convert(WITH_ALPHA[image.mode])
    if image.mode in {"LA", "RGBA"}:
        return _on_white(image)
    if image.mode in SMOOTH:
        return image
    return image.convert("L" if image.mode in {"1", "F"} else "RGB")


def to_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, tuple[str, ...]]:
    """Translate a smooth image by its profile; one that makes no sense is left out, with a warning."""
    if profile:
        try:
            return _translated(image, profile), ()
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            return _without_profile(image), (PROFILE_LEFT_OUT,)
    return _without_profile(image), ()


def _on_white(image: Image.Image) -> Image.Image:
    plain = image.mode.removesuffix("A")
    white = Image.new(plain, image.size, "white")
    white.paste(image.convert(plain), mask=image.getchannel("A"))
    return white


def _translated(image: Image.Image, profile: bytes) -> Image.Image:
    if len(profile) > MAX_PROFILE:
        raise ValueError("the profile is too large")
    engine = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(engine, _srgb(), image.mode, "RGB")
    if image.mode == "RGB" and _changes_nothing(transform):
        return image
    return _applied(image, transform)


def _without_profile(image: Image.Image) -> Image.Image:
    if image.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        return _applied(image, ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    translated = ImageCms.applyTransform(image, transform)
    if translated is None:
        raise ValueError("nothing was translated")
    return translated


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Most photos carry sRGB itself, under many names: asking a few colours costs less than translating all."""
    samples = _samples()
    difference = ImageChops.difference(samples, _applied(samples, transform))
    extrema = cast("tuple[tuple[int, int], ...]", difference.getextrema())
    return max(high for _, high in extrema) <= SAME


@cache
def _samples() -> Image.Image:
    levels = range(0, 256, 15)
    every = bytes(level for red in levels for green in levels for blue in levels for level in (red, green, blue))
    return Image.frombytes("RGB", (len(every) // 3, 1), every)


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
