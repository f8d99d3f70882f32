"""Which bytes pass for a picture."""

from local.stand_in_parts.images import Picture, look_at
from tests.support.client import jpeg


def test_a_heic_file_is_known_by_its_boxes():
    def size(width: int, height: int) -> bytes:
        return b"\0\0\0\x14ispe\0\0\0\0" + width.to_bytes(4, "big") + height.to_bytes(4, "big")

    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + size(512, 512) + size(4032, 3024)

    assert look_at(content) == Picture("heic", 4032, 3024)


def test_a_heic_file_without_a_size_is_no_picture():
    assert look_at(b"\0\0\0\x18ftypheic\0\0\0\0") is None


def test_a_cut_header_is_no_picture():
    assert look_at(jpeg()[:10]) is None
    assert look_at(b"") is None


def test_a_picture_with_a_cut_body_is_still_a_picture():
    content = jpeg((200, 100))

    assert look_at(content[: len(content) // 2]) == Picture("jpg", 200, 100)
