"""EXIF is kept as clean facts; nonsense is left out, and said."""

import json
import math

import pytest

from shared.imaging.exif import sanitise
from tests.shared.imaging.made import (
    CHANGED,
    EXPOSURE,
    F_NUMBER,
    FLASH,
    FOCAL,
    GPS_POINTER,
    ISO,
    LENS,
    MAKE,
    MODEL,
    ORIENTATION,
    PHOTO_POINTER,
    SOFTWARE,
    TAKEN,
    TAKEN_ZONE,
    double,
    gps,
    long,
    rational,
    short,
    text,
    tiff,
)


def test_a_full_block_gives_every_fact():
    block = tiff(
        (text(MAKE, b"Fuji\0"), text(MODEL, b"X-T5 \0"), short(ORIENTATION, 6), text(SOFTWARE, b"1.0\0")),
        (
            text(LENS, b"XF35\0"),
            text(TAKEN, b"2025:06:07 08:09:10\0"),
            text(TAKEN_ZONE, b"+02:00\0"),
            short(FLASH, 0x19),
            rational(FOCAL, (350, 10)),
            short(ISO, 400),
            rational(EXPOSURE, (1, 250)),
            rational(F_NUMBER, (14, 5)),
        ),
        gps((52, 1), (13, 1), (5, 1, 1, b"\1"), rational(6, (125, 10))),
    )

    facts, warnings = sanitise(block)

    assert warnings == ()
    assert facts == {
        "camera_make": "Fuji",
        "camera_model": "X-T5",
        "software": "1.0",
        "orientation": 6,
        "lens_model": "XF35",
        "flash": True,
        "focal_length_mm": 35.0,
        "iso": 400,
        "exposure_time_s": 0.004,
        "f_number": 2.8,
        "captured_at": "2025-06-07T08:09:10+02:00",
        "gps_coordinates": {"latitude": 52.5, "longitude": -13.25, "altitude_m": -12.5},
    }


def test_no_block_gives_no_facts_and_no_warning():
    assert sanitise(b"") == ({}, ())


@pytest.mark.parametrize(
    "block", [b"x", b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08", b"II*\0\0\0\0\0" + bytes(20)]
)
def test_an_unreadable_block_gives_a_warning_only(block):
    assert sanitise(block) == ({}, ("exif: unreadable",))


def test_big_endian_blocks_are_read():
    block = b"MM\0*\0\0\0\x08\0\1\x01\x12\0\x03\0\0\0\1\0\x08\0\0\0\0\0\0"

    assert sanitise(block) == ({"orientation": 8}, ())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (b"Sony\0\x8a\xffold memory", "Sony"),
        (b"a\x07b\x1b[31m\xe2\x80\xaec\r\n", "ab[31mc"),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
        (b"Caf\xe9", "Café"),
        ("写真".encode(), "写真"),
        (b"\xed\xa0\x80x", "í\xa0x"),
        (b"m" * 900, "m" * 255),
    ],
)
def test_texts_are_cut_at_nul_stripped_and_short(written, kept):
    facts, warnings = sanitise(tiff((text(MAKE, written),)))

    assert facts == {"camera_make": kept}
    assert warnings == ()


@pytest.mark.parametrize("written", [b"\0", b"\0after", b"   \0"])
def test_an_empty_text_is_simply_absent(written):
    assert sanitise(tiff((text(MAKE, written),))) == ({}, ())


@pytest.mark.parametrize("entry", [short(ORIENTATION, 0), short(ORIENTATION, 9), text(ORIENTATION, b"6\0")])
def test_an_unknown_orientation_is_refused(entry):
    facts, warnings = sanitise(tiff((entry,)))

    assert facts == {}
    assert [w.partition(":")[0] for w in warnings] == ["orientation"]


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("exposure_time_s", rational(EXPOSURE, (1, 0))),
        ("exposure_time_s", rational(EXPOSURE, (0, 0))),
        ("f_number", double(F_NUMBER, math.nan)),
        ("focal_length_mm", double(FOCAL, math.inf)),
        ("focal_length_mm", rational(FOCAL, (0, 1))),
        ("iso", short(ISO, 0)),
        ("iso", double(ISO, 1e300)),
        ("iso", short(ISO)),
        ("flash", text(FLASH, b"on")),
        ("lens_model", short(LENS, 7)),
    ],
)
def test_numbers_without_meaning_are_absent_with_a_warning(key, entry):
    facts, warnings = sanitise(tiff(photo=(entry,)))

    assert facts == {}
    assert [w.partition(":")[0] for w in warnings] == [key]


@pytest.mark.parametrize("written", [b"0000:00:00 00:00:00", b"2025:13:40 00:00:00", b"yesterday", b"2025:01:01"])
def test_a_moment_outside_the_calendar_is_refused(written):
    facts, warnings = sanitise(tiff(photo=(text(TAKEN, written),)))

    assert facts == {}
    assert [w.partition(":")[0] for w in warnings] == ["captured_at"]


def test_a_moment_has_a_zone_only_when_the_camera_wrote_one():
    plain = text(TAKEN, b"2025:06:07 08:09:10\0")

    moments = [
        sanitise(tiff(photo=(plain, *zone)))[0]["captured_at"]
        for zone in (
            (),
            (text(TAKEN_ZONE, b"Z\0"),),
            (text(TAKEN_ZONE, b"+99:00\0"),),
            (text(TAKEN_ZONE, b"-03:30"),),
        )
    ]

    assert moments == [
        "2025-06-07T08:09:10",
        "2025-06-07T08:09:10+00:00",
        "2025-06-07T08:09:10",
        "2025-06-07T08:09:10-03:30",
    ]


def test_a_blank_moment_gives_way_to_the_next_best():
    block = tiff((text(CHANGED, b"2001:02:03 04:05:06\0"),), (text(TAKEN, b"    :  :     :  :  \0"),))

    assert sanitise(block) == ({"captured_at": "2001-02-03T04:05:06"}, ())


@pytest.mark.parametrize(
    "place",
    [
        gps((91, 1), (13, 1)),
        gps((52, 1), (181, 1)),
        gps((52, 0), (13, 1)),
        gps((52, 1), (13, 1))[1:],
        gps((52, 1), (13, 1))[:2],
        (*gps((52, 1), (13, 1))[:3], text(4, b"13")),
        (*gps((52, 1), (13, 1))[:3], double(4, math.nan)),
    ],
)
def test_a_place_outside_the_globe_or_half_written_is_refused(place):
    facts, warnings = sanitise(tiff(gps=place))

    assert facts == {}
    assert [w.partition(":")[0] for w in warnings] == ["gps_coordinates"]


def test_an_impossible_altitude_does_not_cost_the_place():
    facts, warnings = sanitise(tiff(gps=gps((52, 1), (13, 1), rational(6, (1, 0)))))

    assert facts == {"gps_coordinates": {"latitude": 52.5, "longitude": -13.25}}
    assert [w.partition(":")[0] for w in warnings] == ["altitude_m"]


def test_an_altitude_without_a_place_is_not_kept():
    assert sanitise(tiff(gps=(rational(6, (1, 1)),))) == ({}, ())


def test_a_loop_of_directories_ends():
    block = tiff((long(PHOTO_POINTER, 8), long(GPS_POINTER, 8), text(MAKE, b"Loop\0")))

    assert sanitise(block)[0] == {"camera_make": "Loop"}


@pytest.mark.parametrize("pointer", [0, 1, 65_000, 2**32 - 1])
def test_a_pointer_to_nowhere_costs_its_directory_only(pointer):
    facts, warnings = sanitise(tiff((text(MAKE, b"Cam\0"), long(PHOTO_POINTER, pointer))))

    assert facts == {"camera_make": "Cam"}
    assert len(warnings) <= 1


def test_a_directory_of_ten_thousand_tags_is_read_to_the_limit():
    many = tuple(short(0xC000 + i, 1) for i in range(4000))
    early, late = (text(MAKE, b"Early\0"), *many), (*many, text(MAKE, b"Late\0"))

    assert sanitise(tiff(early))[0] == {"camera_make": "Early"}
    assert sanitise(tiff(late))[0] == {}


def test_a_value_that_claims_gigabytes_is_read_as_far_as_it_goes():
    facts, warnings = sanitise(tiff((text(MAKE, b"Cameras\0"),)).replace(b"\x08\0\0\0\x1a", b"\xff\xff\xff\xff\x1a"))

    assert facts == {"camera_make": "Cameras"}
    assert warnings == ()


def test_what_is_kept_is_json_without_nul_or_nan():
    block = tiff(
        (text(MAKE, b"\xed\xa0\x80\0x"), text(MODEL, b"\x00")), (double(FOCAL, -math.inf),), gps((1, 0), (2, 0))
    )

    facts, warnings = sanitise(block)

    assert "\\u0000" not in json.dumps([facts, warnings], allow_nan=False)
