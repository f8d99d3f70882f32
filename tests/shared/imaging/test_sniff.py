"""The kind of a file is what its first bytes say."""

import pytest

from shared.errors import TypeMismatch, UnprocessableImage, UnsupportedType
from shared.imaging.sniff import AVIF, HEIC, JPEG, require_accepted, require_declared, sniff


def ftyp(*brands: bytes) -> bytes:
    body = b"ftyp" + brands[0] + bytes(4) + b"".join(brands[1:])
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (ftyp(b"heic", b"mif1"), "image/heic"),
        (ftyp(b"mif1", b"heic"), "image/heic"),
        (ftyp(b"mif1", b"miaf", b"avif"), "image/avif"),
        (b"GIF89a", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"BM\x10\0\0\0\0\0\0\0", "image/bmp"),
        (b'\xef\xbb\xbf <?xml version="1.0"?><svg onload="x">', "image/svg+xml"),
        (b"<SVG xmlns=", "image/svg+xml"),
        (b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "application/xml"),
        (b"\n<!doctype HTML><script>", "text/html"),
    ],
)
def test_each_kind_is_known_by_its_first_bytes(head, mime):
    assert sniff(head) == mime


@pytest.mark.parametrize(
    "head", [b"", b"BMW is a car", b"hello", b"RIFF\0\0\0\0WAVE", ftyp(b"isom", b"mp42"), b"%PDF"]
)
def test_what_is_no_image_has_no_kind(head):
    assert sniff(head) is None


def test_no_image_at_all_is_unprocessable_while_another_kind_is_unsupported():
    with pytest.raises(UnprocessableImage):
        require_accepted(b"just text")
    with pytest.raises(UnsupportedType) as refused:
        require_accepted(b"GIF89a")

    assert "image/jpeg, image/png" in refused.value.message


def test_a_kind_is_taken_only_when_the_setting_names_it():
    head = ftyp(b"heic")

    with pytest.raises(UnsupportedType):
        require_accepted(head)
    assert require_accepted(head, frozenset({HEIC})) == HEIC
    with pytest.raises(UnsupportedType):
        require_accepted(head, frozenset({AVIF}))


def test_bytes_of_another_kind_than_declared_are_a_mismatch():
    with pytest.raises(TypeMismatch) as refused:
        require_declared("image/jpeg", "image/png")

    assert refused.value.facts == {"mime": "image/png"}


@pytest.mark.parametrize("declared", ["image/jpeg", "IMAGE/JPG", "image/jpeg; charset=binary"])
def test_spellings_of_the_same_kind_are_no_mismatch(declared):
    require_declared(declared, JPEG)
