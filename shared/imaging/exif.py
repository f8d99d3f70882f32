"""What is kept of a photo's EXIF: known fields only, in forms that any JSON column takes."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from shared.imaging import exif_values as values
from shared.imaging.tiff import Raw, Tiff

Directory = Mapping[int, Raw]
Clean = dict[str, object]

PHOTO_POINTER, GPS_POINTER = 0x8769, 0x8825
ORIGINAL, DIGITISED, CHANGED = 0x9003, 0x9004, 0x0132
ZONES = {ORIGINAL: 0x9011, DIGITISED: 0x9012, CHANGED: 0x9010}


@dataclass(frozen=True, slots=True)
class Field:
    """Under which key a tag is kept, and how it is read."""

    key: str
    tag: int
    read: Callable[[Raw], object]


IMAGE_FIELDS = (
    Field("camera_make", 0x010F, values.text),
    Field("camera_model", 0x0110, values.text),
    Field("software", 0x0131, values.text),
    Field("orientation", 0x0112, values.orientation),
)
PHOTO_FIELDS = (
    Field("lens_model", 0xA434, values.text),
    Field("flash", 0x9209, values.flash),
    Field("focal_length_mm", 0x920A, values.positive),
    Field("iso", 0x8827, values.whole),
    Field("exposure_time_s", 0x829A, values.positive),
    Field("f_number", 0x829D, values.positive),
)
IMAGE_TAGS = {f.tag for f in IMAGE_FIELDS} | {PHOTO_POINTER, GPS_POINTER, CHANGED}
PHOTO_TAGS = {f.tag for f in PHOTO_FIELDS} | {ORIGINAL, DIGITISED, *ZONES.values()}
GPS_TAGS = set(range(1, 7))


def sanitise(block: bytes) -> tuple[Clean, tuple[str, ...]]:
    """Return the clean facts, and a warning for each that was there but made no sense. It never fails."""
    if not block:
        return {}, ()
    sieve = _Sieve()
    try:
        tiff = Tiff(block)
        image = tiff.tags(tiff.first, IMAGE_TAGS)
    except (ValueError, struct.error):
        return {}, ("exif: unreadable",)
    photo = sieve.directory(tiff, image.get(PHOTO_POINTER), PHOTO_TAGS)
    gps = sieve.directory(tiff, image.get(GPS_POINTER), GPS_TAGS)
    sieve.fields(IMAGE_FIELDS, image)
    sieve.fields(PHOTO_FIELDS, photo)
    sieve.keep("captured_at", partial(_captured_at, image, photo))
    sieve.place(gps)
    return sieve.clean, tuple(sieve.warnings)


class _Sieve:
    """What passed, and what was held back and why."""

    def __init__(self) -> None:
        self.clean: Clean = {}
        self.warnings: list[str] = []

    def directory(self, tiff: Tiff, pointer: Raw | None, wanted: set[int]) -> Directory:
        if pointer is None:
            return {}
        try:
            return tiff.tags(values.whole(pointer), wanted)
        except (values.NonsenseError, ValueError, struct.error):
            self.warnings.append("exif: a directory is unreadable")
            return {}

    def fields(self, fields: tuple[Field, ...], found: Directory) -> None:
        for field in fields:
            if field.tag in found:
                self.keep(field.key, partial(field.read, found[field.tag]))

    def keep(self, key: str, read: Callable[[], object]) -> None:
        try:
            value = read()
        except values.NonsenseError as why:
            self.warnings.append(f"{key}: {why}")
            return
        if value is not None:
            self.clean[key] = value

    def place(self, gps: Directory) -> None:
        self.keep("gps_coordinates", partial(values.coordinates, gps))
        self.keep("altitude_m", partial(values.altitude, gps))
        height, place = self.clean.pop("altitude_m", None), self.clean.get("gps_coordinates")
        if isinstance(place, dict) and height is not None:
            place["altitude_m"] = height


def _captured_at(image: Directory, photo: Directory) -> str | None:
    for tag, zone in ZONES.items():
        raw = (image if tag == CHANGED else photo).get(tag)
        moment = None if raw is None else values.moment(raw, photo.get(zone))
        if moment:
            return moment
    return None
