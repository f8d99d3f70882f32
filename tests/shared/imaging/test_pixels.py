"""Whether a model is shown what people see."""

import io

import pytest
from PIL import Image, ImageCms

from shared.errors import ImageTooLarge, UnprocessableImage
from shared.imaging.pixels import as_jpeg, rgb_square
from tests.shared.imaging.made import ORIENTATION, jpeg, saved, short, tiff

RED, GREEN = (250, 10, 10), (10, 250, 10)


def test_a_square_is_rows_of_red_green_and_blue():
    picture = Image.new("RGB", (60, 40), RED)
    picture.paste(GREEN, (0, 20, 60, 40))

    square = rgb_square(saved(picture, "WEBP", lossless=True), 8)

    assert len(square) == 8 * 8 * 3
    assert tuple(square[:3]) == RED
    assert tuple(square[-3:]) == GREEN


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_shown_as_people_hold_it(orientation):
    upright = Image.new("RGB", (64, 32), RED)
    upright.paste(GREEN, (0, 0, 16, 8))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = saved(stored, "WEBP", lossless=True, exif=exif.tobytes())

    square, shown = rgb_square(data, 32), Image.open(io.BytesIO(as_jpeg(data)))

    assert tuple(square[:3]) == GREEN
    assert tuple(square[-3:]) == RED
    assert shown.size == upright.size


def test_a_large_photo_is_the_same_square_as_a_full_decode_would_give():
    data = saved(Image.effect_noise((750, 500), 90).resize((3000, 2000)).convert("RGB"), "JPEG")

    square = rgb_square(data, 256)

    plain = Image.open(io.BytesIO(data)).resize((256, 256), Image.Resampling.BILINEAR).tobytes()
    assert sum(abs(a - b) for a, b in zip(square, plain, strict=True)) / len(plain) < 2


def test_what_is_transparent_is_shown_on_white_paper():
    ghost = saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "WEBP", lossless=True)

    assert set(rgb_square(ghost, 4)) == {255}


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_picture_of_other_colours_becomes_rgb(mode):
    data = saved(Image.new("RGB", (20, 20), "white").convert(mode), "JPEG")

    assert min(rgb_square(data, 4)) > 250
    assert Image.open(io.BytesIO(as_jpeg(data))).mode == "RGB"


def test_colours_are_read_as_the_profile_says():
    data = saved(Image.new("RGB", (20, 20), RED), "WEBP", lossless=True, icc_profile=_red_and_green_swapped())

    red, green, _ = rgb_square(data, 4)[:3]

    assert green > 200
    assert red < 50


def test_a_profile_that_nobody_can_read_is_no_reason_to_refuse():
    data = saved(Image.new("RGB", (20, 20), RED), "WEBP", lossless=True, icc_profile=b"nonsense")

    assert tuple(rgb_square(data, 4)[:3]) == RED


def test_a_jpeg_for_others_says_nothing_about_where_it_was_taken():
    data = jpeg(exif=tiff((short(ORIENTATION, 1),)))

    made = as_jpeg(data)

    assert made.startswith(b"\xff\xd8\xff")
    assert b"Exif" in data
    assert b"Exif" not in made


def test_a_jpeg_for_others_is_no_larger_than_they_take_and_keeps_its_shape():
    made = as_jpeg(jpeg((3000, 1500)))

    assert Image.open(io.BytesIO(made)).size == (2048, 1024)


def test_a_small_picture_is_not_blown_up():
    assert Image.open(io.BytesIO(as_jpeg(jpeg((40, 30))))).size == (40, 30)


@pytest.mark.parametrize("read", [as_jpeg, lambda data: rgb_square(data, 8)])
def test_a_damaged_file_is_refused_in_our_words(read):
    with pytest.raises(UnprocessableImage):
        read(jpeg((400, 300), noise=80)[:2000])


def test_a_picture_of_another_kind_is_shown_all_the_same():
    assert tuple(rgb_square(saved(Image.new("RGB", (8, 8), RED), "PNG"), 4)[:3]) == RED


def test_a_webp_that_must_be_decoded_in_full_is_limited():
    side = 6000 - 1
    picture = b"\x2f" + (side << 14 | side).to_bytes(4, "little") + bytes(3)
    claims = b"WEBPVP8L" + len(picture).to_bytes(4, "little") + picture

    with pytest.raises(ImageTooLarge):
        as_jpeg(b"RIFF" + len(claims).to_bytes(4, "little") + claims)


def _red_and_green_swapped() -> bytes:
    """The profile of sRGB, with the names of two of its primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"####", 1).replace(b"gXYZ", b"rXYZ", 1)
    return swapped.replace(b"####", b"gXYZ", 1)
