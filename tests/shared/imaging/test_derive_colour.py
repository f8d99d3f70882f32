"""Whatever the mode and the profile, what people see is the colour that was meant, in sRGB on white."""

import io

import pytest
from PIL import Image, ImageCms

from shared.imaging.colour import PROFILE_LEFT_OUT, smooth, to_srgb
from shared.imaging.derive import derive
from shared.imaging.profile import MAX_PROFILE
from tests.shared.imaging.made import chunk, jpeg, png, saved, segment, with_segments

SIZE = (48, 32)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_primaries():
    """A valid profile in which red and green have changed places: a mistake nobody can overlook."""
    tags = {SRGB[at : at + 4]: at for at in range(132, 132 + 12 * int.from_bytes(SRGB[128:132], "big"), 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    swapped = bytearray(SRGB)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(swapped)


SWAPPED = swapped_primaries()


def colour_of(source):
    """What the middle of the display shows."""
    derived = derive(source)
    picture = Image.open(io.BytesIO(derived.display.data))
    assert picture.mode == "RGB"
    return picture.getpixel((picture.width // 2, picture.height // 2)), derived.warnings


def close(found, wanted, by=6):
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


PALETTE = Image.new("RGB", SIZE, (204, 51, 51)).convert("P")
HALF = (0, 0, 255, 128)
MODES = {
    "rgb jpeg": (saved(Image.new("RGB", SIZE, (200, 40, 30)), "JPEG"), (200, 40, 30)),
    "grey jpeg": (saved(Image.new("L", SIZE, 90), "JPEG"), (90, 90, 90)),
    "cmyk jpeg": (saved(Image.new("CMYK", SIZE, (0, 255, 255, 0)), "JPEG"), (255, 0, 0)),
    "1-bit png": (saved(Image.new("1", SIZE, 1), "PNG"), (255, 255, 255)),
    "grey png": (saved(Image.new("L", SIZE, 90), "PNG"), (90, 90, 90)),
    "16-bit png": (saved(Image.new("I;16", SIZE, 128 * 256 + 7), "PNG"), (128, 128, 128)),
    "palette png": (saved(PALETTE, "PNG"), (204, 51, 51)),
    "palette png with a transparent colour": (
        saved(PALETTE, "PNG", transparency=PALETTE.getpixel((0, 0))),
        (255,) * 3,
    ),
    "transparent png": (saved(Image.new("RGBA", SIZE, (0, 0, 0, 0)), "PNG"), (255, 255, 255)),
    "half transparent png": (saved(Image.new("RGBA", SIZE, HALF), "PNG"), (127, 127, 255)),
    "half transparent grey png": (saved(Image.new("LA", SIZE, (0, 128)), "PNG"), (127, 127, 127)),
    "grey png with a transparent level": (saved(Image.new("L", SIZE, 90), "PNG", transparency=90), (255,) * 3),
    "rgb png with a transparent colour": (
        saved(Image.new("RGB", SIZE, (9, 8, 7)), "PNG", transparency=(9, 8, 7)),
        (255,) * 3,
    ),
    "half transparent webp": (saved(Image.new("RGBA", SIZE, HALF), "WEBP", lossless=True), (127, 127, 255)),
    "half transparent avif": (saved(Image.new("RGBA", SIZE, HALF), "AVIF", quality=95), (127, 127, 255)),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_shows_its_colour(name):
    source, wanted = MODES[name]

    found, warnings = colour_of(source)

    assert close(found, wanted), found
    assert PROFILE_LEFT_OUT not in warnings


EVERY_MODE = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")
DEEP_MODES = ("I", "F", "I;16", "I;16B")


@pytest.mark.parametrize("mode", [*EVERY_MODE, *DEEP_MODES])
def test_every_mode_that_pillow_knows_becomes_rgb(mode):
    picture, warnings = to_srgb(smooth(Image.new(mode, (4, 4))), b"")

    assert (picture.mode, picture.size, warnings) == ("RGB", (4, 4), ())


def test_lab_is_translated_by_its_own_meaning():
    picture, _ = to_srgb(Image.new("LAB", (4, 4), (255, 128, 128)), b"")

    assert close(picture.getpixel((0, 0)), (255, 255, 255))


def test_a_ycck_jpeg_is_read_as_its_inks():
    cmyk = saved(Image.new("CMYK", SIZE, (0, 255, 255, 0)), "JPEG")
    at = cmyk.index(b"Adobe")

    assert cmyk[at + 11] in {0, 2}
    assert close(colour_of(cmyk)[0], (255, 0, 0))


def test_a_large_transparent_picture_is_shrunk_in_bands_without_a_seam():
    fading = Image.linear_gradient("L").resize((3000, 2500))
    source = Image.merge("RGBA", (fading, fading, fading, Image.new("L", fading.size, 128)))

    derived = derive(saved(source, "PNG", compress_level=1))
    shown = Image.open(io.BytesIO(derived.display.data)).convert("L").resize((1, 250), Image.Resampling.BOX)

    levels = list(shown.tobytes())
    assert (derived.display.width, derived.display.height) == (2048, 1707)
    assert levels == sorted(levels)
    assert levels[0] < 135
    assert levels[-1] > 250


def test_a_last_row_that_is_left_over_is_not_mixed_with_nothing():
    derived = derive(saved(Image.new("I;16", (8200, 201), 65_535), "PNG"))

    shown = Image.open(io.BytesIO(derived.display.data)).convert("L")

    assert shown.size == (2048, 50)
    assert shown.getextrema()[0] > 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_profile_is_translated_into_srgb(kind):
    plain = Image.new("RGB", SIZE, (220, 20, 20))

    found, warnings = colour_of(saved(plain, kind, icc_profile=SWAPPED, quality=95))

    assert found[1] > 150 > found[0]
    assert warnings in {(), ("exif: not read from this kind of image",)}


def test_srgb_itself_changes_nothing():
    source = Image.effect_noise((300, 200), 80).convert("RGB")

    with_profile, without = derive(saved(source, "JPEG", icc_profile=SRGB)), derive(saved(source, "JPEG"))

    assert with_profile == without


def test_a_profile_in_many_pieces_is_put_together():
    first, second = SWAPPED[:100], SWAPPED[100:]
    pieces = (segment(0xE2, b"ICC_PROFILE\0\2\2" + second), segment(0xE2, b"ICC_PROFILE\0\1\2" + first))
    source = with_segments(saved(Image.new("RGB", SIZE, (220, 20, 20)), "JPEG"), *pieces)

    found, warnings = colour_of(source)

    assert found[1] > 150 > found[0]
    assert not warnings


PAINTED = saved(Image.new("RGB", SIZE, (200, 40, 30)), "JPEG")
BROKEN = {
    "rubbish": b"rubbish",
    "cut off": SWAPPED[:200],
    "of another colour space": SRGB[:16] + b"CMYK" + SRGB[20:],
    "endless tags": SRGB[:128] + b"\xff\xff\xff\xff" + SRGB[132:],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_profile_is_left_out_with_a_warning(name):
    found, warnings = colour_of(with_segments(PAINTED, segment(0xE2, b"ICC_PROFILE\0\1\1" + BROKEN[name])))

    assert close(found, (200, 40, 30))
    assert warnings == (PROFILE_LEFT_OUT,)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_profile_of_many_megabytes_is_left_out_with_a_warning(kind):
    painted = saved(Image.new("RGB", SIZE, (200, 40, 30)), kind, icc_profile=SWAPPED + bytes(MAX_PROFILE))

    found, warnings = colour_of(painted)

    assert close(found, (200, 40, 30))
    assert warnings == (PROFILE_LEFT_OUT,)


@pytest.mark.parametrize("body", [b"name\0\0no zlib", b"no end of the name", b""])
def test_a_broken_profile_of_a_png_is_left_out_with_a_warning(body):
    found, warnings = colour_of(png(8, 8, before=chunk(b"iCCP", body)))

    assert close(found, (0, 0, 0))
    assert warnings == (PROFILE_LEFT_OUT,)


def test_a_photo_without_a_profile_has_no_warning():
    assert derive(jpeg()).warnings == ()
