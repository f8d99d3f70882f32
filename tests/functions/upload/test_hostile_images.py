"""Bytes that are no honest photo: refused with nothing left, or taken for exactly what they are."""

import io
import zipfile
import zlib
from hashlib import sha256

import pytest
from PIL import Image, ImageCms

from tests.shared.imaging.made import (
    EXPOSURE,
    MAKE,
    ORIENTATION,
    TAKEN,
    app1,
    chunk,
    gps,
    jpeg,
    png,
    rational,
    saved,
    segment,
    short,
    text,
    tiff,
    with_more_scans,
    with_segments,
)

PHOTO = jpeg((64, 48), noise=80)
PNG = saved(Image.effect_noise((40, 30), 80).convert("RGB"), "PNG")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://169.254.169.254/"/><script>x</script></svg>'
XXE = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
FRAMES = [Image.new("RGB", (8, 6), colour) for colour in ("red", "green", "blue")]


def of_size(data, size=1_500):
    """Something behind the image that no decoder looks at: photos below a kilobyte are refused for that alone."""
    return data.ljust(size, b"\0")


def grown(data, width, height):
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


def bomb(kind, head):
    return png(8, 8, before=chunk(kind, head + zlib.compress(bytes(2_000_000))))


def moving(kind):
    return saved(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:])


def renamed_avif():
    return saved(FRAMES[0], "AVIF")


REFUSED = {
    "20 an SVG with a script": (of_size(SVG), 415, "unsupported_type"),
    "20 an SVG that names a file": (of_size(XXE), 415, "unsupported_type"),
    "24 nothing": (b"", 422, "unprocessable"),
    "24 less than a kilobyte": (jpeg((8, 8))[:1_000], 422, "unprocessable_image"),
    "24 a text": (b"just a text. " * 200, 422, "unprocessable_image"),
    "25 half a JPEG": (PHOTO[: len(PHOTO) // 2], 422, "unprocessable_image"),
    "25 half a PNG": (PNG[: len(PNG) // 2], 422, "unprocessable_image"),
    "26 a PNG that only its checksums doubt": (PNG[:-40] + bytes(4) + PNG[-36:], 422, "unprocessable_image"),
    "27 170 megapixels in 20 kB": (png(13_000, 13_000, depth=1), 422, "image_too_large"),
    "28 a header of 65535 squared": (of_size(grown(PHOTO, 65_535, 65_535)), 422, "image_too_large"),
    "29 a zTXt bomb": (bomb(b"zTXt", b"a\0\0"), 422, "unprocessable_image"),
    "29 an iTXt bomb": (bomb(b"iTXt", b"a\0\1\0en\0k\0"), 422, "unprocessable_image"),
    "29 an iCCP bomb": (bomb(b"iCCP", b"a\0\0"), 422, "unprocessable_image"),
    "30 two hundred scans": (with_more_scans(jpeg((64, 48), noise=80, progressive=True), 200), 422, ""),
    "31 a GIF of many frames": (of_size(moving("GIF")), 415, "unsupported_type"),
    "32 a TIFF of many pages": (of_size(moving("TIFF")), 415, "unsupported_type"),
    "32 a moving WebP": (of_size(moving("WEBP")), 415, "unsupported_type"),
    "33 a CMYK TIFF": (of_size(saved(Image.new("CMYK", (9, 9)), "TIFF")), 415, "unsupported_type"),
    "35 a HEIC called .jpg": (of_size(HEIC), 415, "unsupported_type"),
    "35 an AVIF called .jpg": (of_size(renamed_avif()), 415, "unsupported_type"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_photo_is_refused_and_leaves_nothing(door, what):
    photo, status, code = REFUSED[what]

    answer = door.send(photo, mime="image/jpeg" if "35" in what else "")

    assert answer.status == status
    assert answer.json["code"] == code or not code
    assert len(answer.json["detail"]) > 20
    assert door.counts() == (0, 0, 0, 0)
    assert door.parts.cloud.calls() == {}


def polyglot_zip():
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("index.html", "<script>alert(1)</script>" * 40)
    return PHOTO + kept.getvalue()


def with_exif(*image, photo=(), place=()):
    return of_size(jpeg((64, 48), exif=tiff(image, photo, place), noise=80))


def lab_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


HTML = b"<html><script>alert(document.domain)</script></html>"
LOOP = b"II*\0\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0"
TAKEN_AS = {
    "21 HTML in a comment": (with_segments(PHOTO, segment(0xFE, HTML)), (64, 48)),
    "21 a ZIP behind the picture": (polyglot_zip(), (64, 48)),
    "21 a PDF behind the picture": (PHOTO + b"%PDF-1.7 1 0 obj << /OpenAction /JS >> endobj", (64, 48)),
    "23 a test virus behind the picture": (PHOTO + EICAR, (64, 48)),
    "22 a script in the EXIF": (with_exif(text(MAKE, b"<script>alert(1)</script>\0")), (64, 48)),
    "31 a moving PNG": (of_size(moving("PNG")), (8, 6)),
    "32 a JPEG of several pictures": (of_size(moving("MPO")), (8, 6)),
    "33 a CMYK JPEG": (of_size(saved(Image.new("CMYK", (64, 48)), "JPEG")), (64, 48)),
    "33 a PNG of 16-bit grey": (of_size(saved(Image.new("I;16", (64, 48)), "PNG")), (64, 48)),
    "33 a PNG of one bit": (of_size(saved(Image.new("1", (64, 48)), "PNG")), (64, 48)),
    "33 a PNG with palette and alpha": (of_size(saved(Image.new("P", (64, 48)), "PNG", transparency=0)), (64, 48)),
    "33 a PNG with alpha": (of_size(saved(Image.new("RGBA", (64, 48)), "PNG")), (64, 48)),
    "34 a PNG of 16 bits a colour": (of_size(png(64, 48, depth=16, colour=2)), (64, 48)),
    "36 orientation 1": (with_exif(short(ORIENTATION, 1)), (64, 48)),
    "36 orientation 3": (with_exif(short(ORIENTATION, 3)), (64, 48)),
    "36 orientation 6": (with_exif(short(ORIENTATION, 6)), (48, 64)),
    "36 orientation 8": (with_exif(short(ORIENTATION, 8)), (48, 64)),
    "36 orientation 0": (with_exif(short(ORIENTATION, 0)), (64, 48)),
    "36 orientation 9": (with_exif(short(ORIENTATION, 9)), (64, 48)),
    "36 orientation as a text": (with_exif(text(ORIENTATION, b"6\0")), (64, 48)),
    "37 a text with NUL and what lay behind it": (with_exif(text(MAKE, b"Sony\0\xff\xfepassword")), (64, 48)),
    "38 a fraction by nought": (with_exif(photo=(rational(EXPOSURE, (1, 0)),)), (64, 48)),
    "38 a month 13": (with_exif(photo=(text(TAKEN, b"2025:13:40 00:00:00\0"),)), (64, 48)),
    "38 a latitude of 91": (with_exif(place=gps((91, 1), (13, 1))), (64, 48)),
    "39 directories in a loop": (of_size(with_segments(PHOTO, app1(LOOP))), (64, 48)),
    "39 a maker's note of 60 kB": (with_exif(photo=((0x927C, 7, 60_000, bytes(60_000)),)), (64, 48)),
    "41 a profile of another kind": (of_size(jpeg((64, 48), icc_profile=lab_profile())), (64, 48)),
    "41 a profile of noise": (with_segments(PHOTO, segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(9_000))), (64, 48)),
}


@pytest.mark.parametrize("what", TAKEN_AS)
def test_what_is_a_photo_is_taken_for_what_it_is_byte_for_byte(door, what):
    photo, size = TAKEN_AS[what]

    answer = door.send(photo, file_name="x.php.html")

    assert answer.status == 201
    assert (answer.json["width"], answer.json["height"]) == size
    assert answer.json["mime_type"] == ("image/png" if photo.startswith(b"\x89PNG") else "image/jpeg")
    assert answer.json["sha256"] == sha256(photo).hexdigest()


WARNED = {name: photo for name, (photo, _) in TAKEN_AS.items() if name.startswith("38") or "moving" in name}


@pytest.mark.parametrize("what", WARNED)
def test_what_made_no_sense_is_left_out_and_said(door, what):
    door.send(WARNED[what])

    ((exif, warnings),) = door.rows("SELECT exif, exif_warnings FROM photos")
    assert warnings
    assert exif == {}


def test_a_script_in_the_exif_is_kept_as_the_text_it_is(door):
    door.send(TAKEN_AS["22 a script in the EXIF"][0])

    assert door.rows("SELECT exif->>'camera_make' FROM photos") == [("<script>alert(1)</script>",)]


def test_a_text_is_cut_where_the_camera_ended_it(door):
    door.send(TAKEN_AS["37 a text with NUL and what lay behind it"][0])

    assert door.rows("SELECT exif->>'camera_make' FROM photos") == [("Sony",)]


DECLARED = {
    "image/jpeg": 201,
    "image/jpg": 201,
    "IMAGE/JPEG": 201,
    "": 201,
    "application/octet-stream": 201,
    "image/*": 201,
    "image/png": 422,
    "image/heic": 422,
    "image/svg+xml": 422,
}


@pytest.mark.parametrize("mime", DECLARED)
def test_a_type_that_the_part_names_must_be_true_and_one_that_says_nothing_is_ignored(door, mime):
    answer = door.send(PHOTO, mime=mime)

    assert answer.status == DECLARED[mime]
    assert answer.json.get("code") == ("type_mismatch" if answer.status == 422 else None)


@pytest.mark.parametrize("name", ["a.png", "a.html", ".htaccess", "x.jpg.exe"])
def test_the_type_comes_from_the_bytes_and_never_from_the_name(door, name):
    answer = door.send(PHOTO, file_name=name)

    assert answer.json["mime_type"] == "image/jpeg"
    assert answer.json["file_name"] == name
    (listed,) = door.objects()
    assert listed.endswith(f"/{answer.json['upload_id']}/1")
