"""No file, however it was made, costs more than seconds or more than 600 MB."""

import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from shared.errors import ImageTooLarge, UnprocessableImage
from shared.imaging.check import check
from shared.imaging.jpeg_scans import decodable_parts
from tests.shared.imaging.made import chunk, jpeg, png, saved, segment, with_more_scans, with_segments

WEBP = frozenset({"image/webp"})
MEASURE = """
import resource, sys, time
from shared.errors import AppError
from shared.imaging.check import check
from shared.imaging.jpeg_scans import decodable_parts
data = open(0, "rb").read()
start = time.process_time()
try:
    verdict = str(check(data, accept=frozenset({sys.argv[1]})).width)
except AppError as error:
    verdict = error.code
try:
    # What getrusage tells is never less than what the parent had: it counts from before the exec.
    peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(verdict, time.process_time() - start, peak // 1024)
"""


def cost(data, kind):
    """The verdict, the seconds of CPU and the megabytes of a fresh process that checks this file."""
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", MEASURE, kind]
    done = subprocess.run(command, input=data, capture_output=True, check=True, env=environment)
    verdict, seconds, megabytes = done.stdout.decode().split()
    return verdict, float(seconds), int(megabytes)


def grown(data, width, height):
    """The same scans under a header of other measures: megabytes of picture from nothing."""
    found = re.search(rb"\xff[\xc0-\xc2]\0.\x08", data)
    at = found.end()
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("image/png", lambda: png(13_000, 13_000, depth=1)),
        ("image/png", lambda: png(10_000, 10_000)),
        ("image/jpeg", lambda: grown(jpeg((16, 16)), 10_000, 10_000)),
        ("image/jpeg", lambda: grown(jpeg((16, 16), progressive=True), 10_000, 10_000)),
        ("image/jpeg", lambda: grown(jpeg((16, 16), progressive=True, subsampling=0), 10_000, 10_000)),
        ("image/jpeg", lambda: with_more_scans(saved(Image.new("L", (5000, 5000)), "JPEG", progressive=True), 50)),
        ("image/webp", lambda: saved(Image.new("RGB", (5000, 5000)), "WEBP", method=0)),
    ],
)
def test_the_dearest_files_stay_within_their_bounds(kind, make):
    verdict, seconds, megabytes = cost(make(), kind)

    assert verdict in {"5000", "10000", "image_too_large"}
    assert seconds < 5
    assert megabytes < 600


def test_a_png_of_170_megapixels_is_refused_from_its_header():
    with pytest.raises(ImageTooLarge):
        check(png(13_000, 13_000, depth=1, packed=b""))


def test_a_png_that_unpacks_to_a_gigabyte_is_refused_before_it_does():
    with pytest.raises(ImageTooLarge, match="unpacks"):
        check(png(10_000, 10_000, depth=16, colour=6, packed=b"x"))


def test_a_header_of_65535_squared_is_refused():
    with pytest.raises(ImageTooLarge):
        check(grown(jpeg(), 65_535, 65_535))


def test_more_scans_than_any_camera_writes_are_refused():
    progressive = jpeg((64, 48), noise=80, progressive=True)

    assert check(with_more_scans(progressive, 40)).width == 64
    with pytest.raises(UnprocessableImage, match="64 scans"):
        check(with_more_scans(progressive, 200))


def test_many_scans_of_a_large_picture_are_refused_before_they_are_decoded():
    progressive = jpeg((64, 48), progressive=True)

    with pytest.raises(ImageTooLarge, match="progressive"):
        check(grown(with_more_scans(progressive, 50), 9000, 9000))


def test_scans_in_the_tail_of_the_file_are_not_counted():
    assert check(jpeg((64, 48)) + segment(0xDA, b"\1\1\0\0\x3f\0") * 100).width == 64


@pytest.mark.parametrize("place", [20, -2])
@pytest.mark.parametrize("marker", [b"\xff\x01", b"\xff\xf0"])
def test_nothing_hides_behind_a_marker_that_decoders_read_differently(place, marker):
    plain = jpeg()

    with pytest.raises(UnprocessableImage, match="no camera writes"):
        check(plain[:place] + marker + b"\0\x40" + plain[place:])


def test_a_second_frame_header_cannot_change_what_the_first_one_said():
    plain = jpeg()
    frame = plain.index(b"\xff\xc0")

    with pytest.raises(UnprocessableImage, match="two frame headers"):
        check(plain[:frame] + plain[frame : frame + 19] + plain[frame:])


@pytest.mark.parametrize(
    "bomb",
    [
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"iTXt", b"a\0\1\0en\0k\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000))) * 70,
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_text_or_profile_that_unpacks_without_end_is_refused(bomb, place):
    with pytest.raises(UnprocessableImage, match="unpacks without end"):
        check(png(8, 8, **{place: bomb}))


@pytest.mark.parametrize(
    "harmless",
    [
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1000))),
        chunk(b"iTXt", b"a\0\0\0en\0k\0plain"),
        chunk(b"zTXt", b"a\0\0no zlib at all"),
        chunk(b"tEXt", b"<script>"),
    ],
)
def test_an_ordinary_comment_is_no_bomb(harmless):
    assert check(png(8, 8, before=harmless, after=harmless)).width == 8


def test_sixty_thousand_chunks_are_refused():
    with pytest.raises(UnprocessableImage, match="chunks"):
        check(png(8, 8, before=chunk(b"tEXt", b"") * 66_000))


@pytest.mark.parametrize("junk", [b"\xff" * 1_000_000, b"\0" * 1_000_000])
def test_a_megabyte_of_junk_in_a_jpeg_is_refused(junk):
    plain = jpeg()

    with pytest.raises(UnprocessableImage, match="junk"):
        check(plain[:20] + junk + plain[20:])


def test_a_thousand_segments_between_scans_are_refused():
    plain = jpeg()

    with pytest.raises(UnprocessableImage, match="1000 segments"):
        check(plain[:-2] + segment(0xE5, b"") * 1001 + plain[-2:])


def test_a_webp_too_large_to_be_decoded_in_full_is_refused_from_its_header():
    data = saved(Image.new("RGB", (64, 48)), "WEBP", exif=b"Exif\0\0II*\0")
    lying = data[:24] + (9999).to_bytes(3, "little") * 2 + data[30:]

    with pytest.raises(ImageTooLarge):
        check(lying, accept=WEBP)


def test_an_exif_of_a_thousand_segments_never_reaches_the_decoder():
    plain = jpeg()
    data = with_segments(plain, *[segment(0xE1, b"Exif\0\0" + b"II*\0" * 16_000)] * 40) + b"tail"

    assert check(data).width == 40
    assert b"".join(decodable_parts(memoryview(data))) == plain
