"""How large a HEIC or AVIF picture is, by the boxes at its front."""

from collections.abc import Iterator

from shared.errors import UnprocessableImage
from shared.imaging.header import Header
from shared.imaging.source import Source, need

BOX_HEAD = 8
SIZE_FIELDS = 12
MAX_META = 64 * 1024
MAX_BOXES = 1000
EXIF_UNREAD = "exif: not read from this kind of image"

Boxes = Iterator[tuple[bytes, bytes]]


def read_heif(source: Source, mime: str) -> Header:
    """Find the primary item and give its size as displayed: here the turn is a box, not an EXIF tag."""
    children = dict(_boxes(_meta(source)[4:]))
    properties = dict(_boxes(children.get(b"iprp", b"")))
    held = list(_boxes(properties.get(b"ipco", b"")))
    used = _associations(properties.get(b"ipma", b"")).get(_primary(children.get(b"pitm", b"")), [])
    found = {held[index - 1][0]: held[index - 1][1] for index in used if 0 < index <= len(held)}
    size = found.get(b"ispe", b"")
    if len(size) < SIZE_FIELDS:
        raise UnprocessableImage("The image does not say how large it is: export it again, or send a JPEG.")
    width, height = int.from_bytes(size[4:8], "big"), int.from_bytes(size[8:12], "big")
    if found.get(b"irot", b"\0")[:1] in {b"\1", b"\3"}:
        width, height = height, width
    return Header(mime, width, height, warnings=(EXIF_UNREAD,))


def _meta(source: Source) -> bytes:
    at = 0
    for _ in range(MAX_BOXES):
        head = need(source, at, 8)
        size = int.from_bytes(head[:4], "big")
        if head[4:] == b"meta":
            return source.at(at + 8, min(max(size - 8, 0), MAX_META))
        if size < BOX_HEAD:
            break
        at += size
    raise UnprocessableImage("The image has no header box: the file is damaged, or not a still picture.")


def _boxes(body: bytes) -> Boxes:
    at = 0
    while len(body) - at >= BOX_HEAD:
        size = int.from_bytes(body[at : at + 4], "big")
        if size < BOX_HEAD:
            return
        yield body[at + 4 : at + 8], body[at + 8 : at + size]
        at += size


def _primary(pitm: bytes) -> int:
    return int.from_bytes(pitm[4:8] if pitm[:1] == b"\1" else pitm[4:6], "big")


def _associations(ipma: bytes) -> dict[int, list[int]]:
    id_size = 2 if ipma[:1] == b"\0" else 4
    index_size = 2 if ipma[3:4] and ipma[3] & 1 else 1
    found: dict[int, list[int]] = {}
    at = 8
    while at + id_size < len(ipma):
        item = int.from_bytes(ipma[at : at + id_size], "big")
        at += id_size + 1
        stop = at + ipma[at - 1] * index_size
        found[item] = [_index(ipma[here : here + index_size]) for here in range(at, stop, index_size)]
        at = stop
    return found


def _index(field: bytes) -> int:
    # The top bit says whether the property is essential.
    return int.from_bytes(field, "big") & (0x7F if len(field) == 1 else 0x7FFF)
