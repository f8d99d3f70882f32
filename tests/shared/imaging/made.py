"""Images made by hand, honest and hostile."""

import io
import struct
import zlib

from PIL import Image

Entry = tuple[int, int, int, bytes]
PHOTO_POINTER, GPS_POINTER = 0x8769, 0x8825
MAKE, MODEL, ORIENTATION, SOFTWARE, CHANGED = 0x010F, 0x0110, 0x0112, 0x0131, 0x0132
TAKEN, TAKEN_ZONE, EXPOSURE, F_NUMBER, ISO, FLASH, FOCAL, LENS = (
    0x9003,
    0x9011,
    0x829A,
    0x829D,
    0x8827,
    0x9209,
    0x920A,
    0xA434,
)


def text(tag: int, value: bytes) -> Entry:
    return tag, 2, len(value), value


def short(tag: int, *values: int) -> Entry:
    return tag, 3, len(values), struct.pack(f"<{len(values)}H", *values)


def long(tag: int, value: int) -> Entry:
    return tag, 4, 1, struct.pack("<I", value)


def rational(tag: int, *parts: tuple[int, int]) -> Entry:
    return tag, 5, len(parts), b"".join(struct.pack("<II", *part) for part in parts)


def double(tag: int, value: float) -> Entry:
    return tag, 12, 1, struct.pack("<d", value)


def tiff(image: tuple[Entry, ...] = (), photo: tuple[Entry, ...] = (), gps: tuple[Entry, ...] = ()) -> bytes:
    """An EXIF block of up to three directories, little-endian, values behind them."""
    pointers = [tag for tag, entries in ((PHOTO_POINTER, photo), (GPS_POINTER, gps)) if entries]
    starts, at = {}, 8 + _length(len(image) + len(pointers))
    for tag, entries in ((PHOTO_POINTER, photo), (GPS_POINTER, gps)):
        starts[tag] = at
        at += _length(len(entries)) if entries else 0
    heap_start, heap = at, bytearray()
    head = (*image, *(long(tag, starts[tag]) for tag in pointers))
    directories = b"".join(_directory(e, heap_start, heap) for e in (head, photo, gps) if e or e is head)
    return b"II*\0\x08\0\0\0" + directories + bytes(heap)


def gps(latitude: tuple[int, int], longitude: tuple[int, int], *more: Entry) -> tuple[Entry, ...]:
    return (
        text(1, b"N\0"),
        rational(2, latitude, (30, 1), (0, 1)),
        text(3, b"W\0"),
        rational(4, longitude, (15, 1), (0, 1)),
        *more,
    )


def jpeg(size: tuple[int, int] = (40, 30), *, exif: bytes = b"", noise: int = 0, **options: object) -> bytes:
    """What a camera sends; EXIF goes in as its own segment, unseen by Pillow."""
    plain = saved(Image.effect_noise(size, noise).convert("RGB"), "JPEG", **options)
    return with_segments(plain, app1(exif)) if exif else plain


def app1(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segments(plain: bytes, *segments: bytes) -> bytes:
    return plain[:2] + b"".join(segments) + plain[2:]


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def with_more_scans(progressive: bytes, more: int) -> bytes:
    """The last scan again and again: what makes a small file cost minutes."""
    last = progressive.rindex(b"\xff\xda")
    return progressive[:-2] + progressive[last:-2] * more + progressive[-2:]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 0,
    before: bytes = b"",
    packed: bytes | None = None,
    after: bytes = b"",
) -> bytes:
    """A black PNG from its chunks; a large one is kilobytes."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if packed is None:
        packed = zlib.compress(bytes(height * (1 + (width * depth * channels + 7) // 8)), 9)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", packed) + after + chunk(b"IEND", b"")


class Stored:
    """A stored object that counts how it is read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.ranges: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return self.data[offset : offset + length]

    @property
    def bytes_read(self) -> int:
        return sum(length for _, length in self.ranges)


def _length(entries: int) -> int:
    return 2 + 12 * entries + 4


def _directory(entries: tuple[Entry, ...], heap_start: int, heap: bytearray) -> bytes:
    body = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        inline = value.ljust(4, b"\0")
        if len(value) > 4:
            inline = struct.pack("<I", heap_start + len(heap))
            heap += value
        body += struct.pack("<HHI", tag, kind, count) + inline
    return body + bytes(4)
