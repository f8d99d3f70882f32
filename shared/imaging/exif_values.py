"""When a raw EXIF value makes sense, and what it is then."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from shared.imaging.tiff import Number, Raw

MAX_TEXT = 255
ORIENTATIONS = 8
MAX_WHOLE = 2**32 - 1
UNWANTED = frozenset({"Cc", "Cf", "Cs"})
MOMENT = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
ZONE = re.compile(r"([+-])(\d\d):([0-5]\d)", re.ASCII)
MAX_ZONE_HOURS = 14
SIXTIES = (1, 60, 3600)
BLANK = frozenset(" :-")
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE, ALTITUDE_REF, ALTITUDE = range(1, 7)
HALVES = {b"N": 1, b"S": -1, b"E": 1, b"W": -1}


class NonsenseError(Exception):
    """The tag is there, but its value means nothing; the sentence goes to the warnings."""


def text(raw: Raw) -> str | None:
    """Cut at the first NUL, where careless cameras leave old memory, and keep only what can be shown."""
    if not isinstance(raw, bytes):
        raise NonsenseError("not a text")
    cut = raw.partition(b"\0")[0]
    try:
        decoded = cut.decode()
    except UnicodeDecodeError:
        decoded = cut.decode("latin-1")
    if not decoded.isprintable():
        decoded = "".join(c for c in decoded if unicodedata.category(c) not in UNWANTED)
    return decoded.strip()[:MAX_TEXT].rstrip() or None


def number(raw: Raw) -> int | float:
    """Read the first number; what is not finite, or divided by zero, is none."""
    if isinstance(raw, bytes) or not raw:
        raise NonsenseError("not a number")
    if raw[0] is None:
        raise NonsenseError("not a finite number")
    return raw[0]


def positive(raw: Raw) -> float:
    """Read a measure, where zero stands for unknown."""
    value = float(number(raw))
    if value <= 0:
        raise NonsenseError("not above zero")
    return round(value, 9)


def whole(raw: Raw) -> int:
    """Read a count above zero."""
    value = number(raw)
    if value != int(value) or not 0 < value <= MAX_WHOLE:
        raise NonsenseError("not a whole number above zero")
    return int(value)


def orientation(raw: Raw) -> int:
    """Read one of the eight ways to hold a camera."""
    value = whole(raw)
    if value > ORIENTATIONS:
        raise NonsenseError("not one of 1 to 8")
    return value


def flash(raw: Raw) -> bool:
    """Say whether it fired."""
    return bool(int(number(raw)) & 1)


def moment(raw: Raw, zone: Raw | None) -> str | None:
    """Return ISO 8601, with the zone only when the camera wrote one; None when the camera left it blank."""
    written = text(raw)
    if written is None or set(written) <= BLANK:
        return None
    match = MOMENT.match(written)
    if not match:
        raise NonsenseError("not a date")
    try:
        year, month, day, hour, minute, second = map(int, match.groups())
        found = datetime(year, month, day, hour, minute, second, tzinfo=_zone(zone))
    except ValueError:
        raise NonsenseError("not a date of the calendar") from None
    return found.isoformat()


def coordinates(gps: Mapping[int, Raw]) -> dict[str, float] | None:
    """Return signed decimal degrees; None when the camera had no fix to write."""
    if not gps.keys() & {LATITUDE, LONGITUDE}:
        return None
    return {
        "latitude": _degrees(gps.get(LATITUDE, ()), gps.get(LATITUDE_REF, b""), b"NS", 90),
        "longitude": _degrees(gps.get(LONGITUDE, ()), gps.get(LONGITUDE_REF, b""), b"EW", 180),
    }


def altitude(gps: Mapping[int, Raw]) -> float | None:
    """Return metres above the sea, below it negative."""
    if ALTITUDE not in gps:
        return None
    below = gps.get(ALTITUDE_REF, b"\0")[:1] in {b"\1", (1,)}
    metres = round(float(number(gps[ALTITUDE])), 3)
    return -metres if below else metres


def _degrees(raw: Raw, ref: Raw, halves: bytes, limit: int) -> float:
    letter = ref[:1].upper() if isinstance(ref, bytes) else b""
    if not letter or letter not in halves:
        raise NonsenseError("the half of the globe is missing")
    if isinstance(raw, bytes) or not raw:
        raise NonsenseError("not a number")
    value = sum(_finite(part) / SIXTIES[power] for power, part in enumerate(raw[:3]))
    if not 0 <= value <= limit:
        raise NonsenseError("outside the globe")
    return round(HALVES[letter] * value, 7)


def _finite(part: Number) -> int | float:
    if part is None:
        raise NonsenseError("not a finite number")
    return part


def _zone(raw: Raw | None) -> timezone | None:
    match = ZONE.fullmatch((text(raw) or "").replace("Z", "+00:00")) if isinstance(raw, bytes) else None
    if not match or int(match[2]) > MAX_ZONE_HOURS:
        return None
    sign = -1 if match[1] == "-" else 1
    return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
