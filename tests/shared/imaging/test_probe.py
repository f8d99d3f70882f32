"""A stored object is known by a few ranges of it."""

import subprocess
import sys

import pytest
from PIL import Image

from shared.errors import ImageTooLarge, UnprocessableImage, UnsupportedType
from shared.imaging.probe import probe
from tests.shared.imaging.made import (
    MAKE,
    ORIENTATION,
    Stored,
    app1,
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

KIB = 1024
EVERY = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"})
SIDEWAYS = tiff((text(MAKE, b"Cam\0"), short(ORIENTATION, 6)))
ICC = segment(0xE2, b"ICC_PROFILE\0" + bytes(65_500))


def facts_of(data, **options):
    return probe(Stored(data).read, len(data), **options)


def test_a_large_jpeg_is_known_by_one_read_of_its_front():
    stored = Stored(jpeg((600, 400), exif=SIDEWAYS, noise=80, quality=95))

    facts = probe(stored.read, len(stored.data))

    assert len(stored.data) > 128 * KIB
    assert (facts.mime, facts.width, facts.height) == ("image/jpeg", 400, 600)
    assert facts.exif == {"camera_make": "Cam", "orientation": 6}
    assert stored.ranges == [(0, 64 * KIB)]


def test_a_small_object_is_never_asked_for_more_than_it_has():
    stored = Stored(jpeg())

    probe(stored.read, len(stored.data))

    assert stored.ranges == [(0, len(stored.data))]


def test_a_frame_behind_large_segments_costs_a_second_read():
    stored = Stored(with_segments(jpeg((600, 400), noise=80, quality=95), app1(SIDEWAYS), ICC))

    facts = probe(stored.read, len(stored.data))

    assert (facts.width, facts.height) == (400, 600)
    assert len(stored.ranges) == 2
    assert stored.bytes_read <= 160 * KIB


def test_exif_that_crosses_the_end_of_the_first_read_is_read_whole():
    late = app1(tiff((text(MAKE, b"Late camera\0"),)).ljust(30_000, b"\0"))
    stored = Stored(with_segments(jpeg(), segment(0xE5, bytes(60_000)), late))

    facts = probe(stored.read, len(stored.data))

    assert facts.exif == {"camera_make": "Late camera"}
    assert [offset for offset, _ in stored.ranges] == [0, 64 * KIB]


def test_a_frame_hidden_behind_a_megabyte_is_refused_after_three_reads():
    stored = Stored(with_segments(jpeg(), *[ICC] * 16))

    with pytest.raises(UnprocessableImage):
        probe(stored.read, len(stored.data))

    assert len(stored.ranges) == 3
    assert stored.bytes_read <= 256 * KIB


def test_a_store_that_gives_less_than_asked_is_no_trouble():
    data = jpeg((600, 400), noise=80)

    with pytest.raises(UnprocessableImage):
        probe(lambda offset, _: data[offset : offset + 10], len(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_as_displayed(orientation):
    facts = facts_of(jpeg((40, 30), exif=tiff((short(ORIENTATION, orientation),))))

    assert (facts.width, facts.height) == ((30, 40) if orientation > 4 else (40, 30))


@pytest.mark.parametrize("entry", [short(ORIENTATION, 0), short(ORIENTATION, 9), text(ORIENTATION, b"6\0")])
def test_an_unknown_orientation_turns_nothing(entry):
    facts = facts_of(jpeg((40, 30), exif=tiff((entry,))))

    assert (facts.width, facts.height) == (40, 30)
    assert "orientation" not in facts.exif
    assert facts.warnings


def test_broken_exif_does_not_fail_the_photo():
    facts = facts_of(jpeg(exif=b"II*\0\xff\xff\xff\xff"))

    assert (facts.width, facts.exif, facts.warnings) == (40, {}, ("exif: unreadable",))


def test_an_image_without_exif_has_no_facts_beyond_its_size():
    facts = facts_of(jpeg())

    assert (facts.exif, facts.warnings) == ({}, ())


def test_a_png_is_known_by_one_read_with_its_exif():
    noise = saved(Image.effect_noise((600, 400), 80), "PNG")
    stored = Stored(noise[:33] + chunk(b"eXIf", SIDEWAYS) + noise[33:])

    facts = probe(stored.read, len(stored.data))

    assert (facts.mime, facts.width, facts.height) == ("image/png", 400, 600)
    assert facts.exif["camera_make"] == "Cam"
    assert stored.ranges == [(0, 64 * KIB)]


def test_a_large_profile_in_a_png_costs_no_second_read():
    stored = Stored(png(8, 6, before=chunk(b"iCCP", bytes(200_000)) + chunk(b"eXIf", SIDEWAYS)))

    facts = probe(stored.read, len(stored.data))

    assert (facts.width, facts.height) == (8, 6)
    assert len(stored.ranges) == 1


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0" + SIDEWAYS}])
def test_a_webp_is_known_with_the_exif_that_stands_last(options):
    stored = Stored(saved(Image.effect_noise((600, 400), 80).convert("RGB"), "WEBP", quality=95, **options))

    facts = probe(stored.read, len(stored.data), accept=EVERY)

    turned = "exif" in options
    assert (facts.mime, facts.width, facts.height) == ("image/webp", *((400, 600) if turned else (600, 400)))
    assert facts.exif.get("camera_make") == ("Cam" if turned else None)
    assert len(stored.ranges) == (2 if turned else 1)


def test_a_webp_whose_exif_is_missing_says_so():
    data = saved(Image.new("RGB", (40, 30)), "WEBP", exif=b"Exif\0\0" + SIDEWAYS)

    facts = facts_of(data[: data.index(b"EXIF")], accept=EVERY)

    assert facts.exif == {}
    assert facts.warnings == ("exif: too far into the file to be read",)


def test_an_avif_tells_its_size():
    facts = facts_of(saved(Image.new("RGB", (40, 30)), "AVIF"), accept=EVERY)

    assert (facts.mime, facts.width, facts.height) == ("image/avif", 40, 30)


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_turned_heic_tells_its_size_as_displayed(orientation):
    turned = b"Exif\0\0" + tiff((short(ORIENTATION, orientation),))
    data = saved(Image.new("RGB", (40, 30)), "AVIF", exif=turned).replace(b"avif", b"heic")

    facts = facts_of(data, accept=EVERY)

    assert (facts.mime, facts.width, facts.height) == ("image/heic", 30, 40)


@pytest.mark.parametrize("animated", ["PNG", "WEBP"])
def test_moving_pictures_are_marked(animated):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]

    facts = facts_of(saved(frames[0], animated, save_all=True, append_images=frames[1:]), accept=EVERY)

    assert (facts.width, facts.height, facts.warnings) == (8, 6, ("animated",))


def test_a_jpeg_of_several_pictures_is_marked():
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]

    assert facts_of(saved(frames[0], "MPO", save_all=True, append_images=frames[1:])).warnings == ("animated",)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", UnprocessableImage),
        (b"just text", UnprocessableImage),
        (b"\xff\xd8\xff", UnprocessableImage),
        (b"\xff\xd8\xff\xd9", UnprocessableImage),
        (b"\xff\xd8" + segment(0xC0, b"\x08\0\0\0\x10\3"), UnprocessableImage),
        (b"\xff\xd8" + segment(0xC3, b"\x08\0\x10\0\x10\3"), UnprocessableImage),
        (b"\xff\xd8" + segment(0xC0, b"\x08\xff\xff\xff\xff\3"), ImageTooLarge),
        (b"\xff\xd8" + segment(0xC0, b"\x08\x75\x31\0\1\3"), ImageTooLarge),
        (b"\xff\xd8\xff\xe1\0\1" + bytes(50), UnprocessableImage),
        (b"\xff\xd8\xff" + bytes(9000), UnprocessableImage),
        (png(0, 8), UnprocessableImage),
        (png(8, 8)[:30], UnprocessableImage),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"x" * 13), UnprocessableImage),
        (b"RIFF\x10\0\0\0WEBPJUNK" + bytes(20), UnprocessableImage),
        (b"\0\0\0\x10ftypheic\0\0\0\0", UnprocessableImage),
        (b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x0cmeta\0\0\0\0", UnprocessableImage),
        (b"GIF89a", UnsupportedType),
    ],
)
def test_what_cannot_become_a_photo_is_refused_by_its_header(data, refusal):
    with pytest.raises(refusal):
        facts_of(data, accept=EVERY)


def test_a_kind_that_nobody_reads_is_unsupported_even_when_a_setting_names_it():
    with pytest.raises(UnsupportedType):
        facts_of(b"GIF89a", accept=frozenset({"image/gif"}))


def test_a_thousand_empty_segments_are_refused():
    with pytest.raises(UnprocessableImage, match="1000 segments"):
        facts_of(with_segments(jpeg(), *[segment(0xE5, b"")] * 1001))


def test_a_little_junk_between_segments_is_forgiven():
    plain = jpeg()

    assert facts_of(plain[:2] + plain[2:20] + b"\0junk\xff\xff" + plain[20:]).width == 40


def test_limits_of_pixels_can_be_set():
    with pytest.raises(ImageTooLarge):
        facts_of(jpeg((40, 30)), max_pixels=1199)
    with pytest.raises(ImageTooLarge):
        facts_of(jpeg((40, 30)), max_side=39)
    assert facts_of(jpeg((40, 30)), max_pixels=1200, max_side=40).width == 40


def test_neither_importing_nor_probing_loads_pillow():
    script = (
        "import sys, shared.imaging.check, shared.imaging.probe as p\n"
        "data = open(0, 'rb').read()\n"
        "print(p.probe(lambda o, n: data[o:o + n], len(data)).width, 'PIL' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", script], input=jpeg(), capture_output=True, check=True)

    assert done.stdout.split() == [b"40", b"False"]
