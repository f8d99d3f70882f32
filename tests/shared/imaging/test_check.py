"""An image in our hands is taken only when it can be decoded to its end."""

import zlib

import pytest
from PIL import Image, ImageFile

from shared.errors import AppError, ImageTooLarge, UnprocessableImage, UnsupportedType
from shared.imaging.check import check
from shared.imaging.decode import decode_avif, decode_webp
from tests.shared.imaging.made import (
    MAKE,
    ORIENTATION,
    chunk,
    jpeg,
    png,
    saved,
    segment,
    short,
    text,
    tiff,
    with_segments,
)

EVERY = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"})
SIDEWAYS = tiff((text(MAKE, b"Cam\0"), short(ORIENTATION, 6)))


def noise(mode="RGB", size=(64, 48)):
    return Image.effect_noise(size, 80).convert(mode)


HONEST = {
    "jpeg": jpeg((64, 48), noise=80),
    "progressive": jpeg((64, 48), noise=80, progressive=True),
    "grey": saved(noise("L"), "JPEG"),
    "cmyk": saved(noise("CMYK"), "JPEG"),
    "restarts": jpeg((64, 48), noise=80, restart_marker_blocks=1),
    "png": saved(noise(), "PNG"),
    "palette": saved(noise("P"), "PNG"),
    "bits": saved(noise("1"), "PNG"),
    "deep": saved(Image.new("I;16", (64, 48)), "PNG"),
    "alpha": saved(noise("RGBA"), "PNG"),
    "webp": saved(noise(), "WEBP"),
    "lossless": saved(noise("RGBA"), "WEBP", lossless=True),
    "avif": saved(noise(), "AVIF"),
}


@pytest.mark.parametrize("name", HONEST)
def test_a_whole_image_is_accepted_with_its_facts(name):
    facts = check(HONEST[name], accept=EVERY)

    assert (facts.width, facts.height, facts.exif, facts.warnings[:-1]) == (64, 48, {}, ())


def test_a_view_is_as_good_as_bytes():
    assert check(memoryview(HONEST["jpeg"])) == check(HONEST["jpeg"])


def test_the_facts_are_as_displayed_and_with_exif():
    facts = check(jpeg((64, 48), exif=SIDEWAYS))

    assert (facts.width, facts.height) == (48, 64)
    assert facts.exif == {"camera_make": "Cam", "orientation": 6}


@pytest.mark.parametrize("name", HONEST)
def test_an_image_cut_anywhere_is_refused(name):
    whole = HONEST[name]

    for length in [*range(0, len(whole), max(len(whole) // 60, 1)), *range(len(whole) - 12, len(whole))]:
        with pytest.raises(AppError) as refused:
            check(whole[:length], accept=EVERY)
        assert refused.value.status in {415, 422}, length


def test_a_large_jpeg_without_its_last_byte_is_refused():
    whole = jpeg((1200, 900), noise=60)

    assert check(whole).width == 1200
    for missing in (1, 2, 100, len(whole) // 2):
        with pytest.raises(UnprocessableImage):
            check(whole[:-missing])


@pytest.mark.parametrize("at", range(50, len(HONEST["png"]) - 20, 97))
def test_a_png_with_one_flipped_bit_is_refused(at):
    damaged = bytearray(HONEST["png"])
    damaged[at] ^= 1

    with pytest.raises(UnprocessableImage):
        check(bytes(damaged))


def test_what_follows_the_image_is_nobodys_business():
    for name in ("jpeg", "png"):
        tail = b"\xff\xda<script>PK\3\4" * 500

        assert check(HONEST[name] + tail).width == 64


def test_a_jpeg_with_damaged_tables_is_refused():
    damaged = HONEST["jpeg"].replace(b"\xff\xdb", b"\xff\xe9")

    with pytest.raises(UnprocessableImage):
        check(damaged)


def test_a_jpeg_without_colour_components_is_refused():
    start = HONEST["jpeg"].index(b"\xff\xc0")
    damaged = HONEST["jpeg"][: start + 11] + b"\0" * 9 + HONEST["jpeg"][start + 20 :]

    with pytest.raises(UnprocessableImage):
        check(damaged)


@pytest.mark.parametrize("hostile", [b"MPF\0garbage", b"ICC_PROFILE\0\1\1rubbish", b"Photoshop 3.0\0008BIM"])
def test_broken_metadata_does_not_cost_a_good_picture(hostile):
    data = with_segments(jpeg((64, 48), exif=b"II*\0\xff\xff\xff\xff"), *(segment(m, hostile) for m in (0xE2, 0xED)))

    assert check(data).width == 64


@pytest.mark.parametrize(
    "data",
    [
        png(8, 8, depth=3),
        png(8, 8, depth=16, colour=3, before=chunk(b"PLTE", b"abc")),
        png(8, 8, colour=3),
        png(8, 8, packed=zlib.compress(bytes(71))),
        png(8, 8, packed=zlib.compress(b"\5" * 72)),
        png(8, 8, packed=zlib.compress(bytes(63) + b"\7" + bytes(8))),
        png(8, 8, packed=b"no zlib"),
        png(8, 8, packed=b""),
        png(8, 8, after=chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", b"")),
        png(8, 8)[:33] + chunk(b"IEND", b""),
        png(8, 8)[:-12],
        png(8, 8, after=chunk(b"tEXt", b"a\0b")[:-1] + b"x"),
        png(8, 8).replace(b"IEND", b"IENX"),
    ],
)
def test_a_png_against_the_rules_is_refused(data):
    with pytest.raises(UnprocessableImage):
        check(data)


def test_a_png_may_come_in_many_pieces():
    packed = zlib.compress(bytes(72))
    pieces = b"".join(chunk(b"IDAT", packed[i : i + 1]) for i in range(1, len(packed)))

    assert check(png(8, 8, packed=packed[:1], after=pieces)).width == 8


def test_a_png_may_say_more_than_its_rows():
    assert check(png(8, 8, packed=zlib.compress(bytes(500)))).width == 8


def test_a_heic_is_refused_with_the_reason():
    heic = HONEST["avif"].replace(b"avif", b"heic")

    with pytest.raises(UnsupportedType, match="direct door"):
        check(heic, accept=EVERY)


@pytest.mark.parametrize(("name", "kind"), [("webp", "image/webp"), ("avif", "image/avif")])
def test_newer_kinds_are_unsupported_until_a_setting_names_them(name, kind):
    with pytest.raises(UnsupportedType, match=kind):
        check(HONEST[name])


def test_a_gif_is_unsupported():
    with pytest.raises(UnsupportedType, match="image/gif"):
        check(saved(noise("P"), "GIF"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_moving_pictures_are_taken_for_their_first_frame(kind):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue", "green")]

    facts = check(saved(frames[0], kind, save_all=True, append_images=frames[1:]), accept=EVERY)

    assert (facts.width, facts.warnings) == (8, ("animated",))


def test_a_moving_webp_cut_in_its_last_frame_is_refused():
    frames = [noise(), noise(), noise()]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])

    with pytest.raises(UnprocessableImage):
        check(data[:-200], accept=EVERY)


def test_a_header_that_promises_less_than_the_picture_holds_is_refused():
    small = saved(noise(size=(64, 48)), "WEBP", exif=b"Exif\0\0" + SIDEWAYS)
    lying = small[:24] + bytes((9, 0, 0, 9, 0, 0)) + small[30:]

    with pytest.raises(UnprocessableImage):
        check(lying, accept=EVERY)


@pytest.mark.parametrize(("decode", "name"), [(decode_webp, "webp"), (decode_avif, "avif")])
def test_a_decoder_that_sees_another_size_than_the_header_is_not_let_on(decode, name):
    decode(memoryview(HONEST[name]), (64, 48))

    with pytest.raises(UnprocessableImage):
        decode(memoryview(HONEST[name]), (64, 47))


def test_limits_of_pixels_can_be_set():
    with pytest.raises(ImageTooLarge):
        check(HONEST["jpeg"], max_pixels=64 * 48 - 1)
    with pytest.raises(ImageTooLarge):
        check(HONEST["jpeg"], max_side=63)


def test_pillow_never_forgives_a_truncated_file():
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
