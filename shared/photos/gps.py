"""How much of where a photo was taken may be seen, by the policy of its organisation."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

PLACE: Final = "gps_coordinates"
# The second decimal of a degree is about a kilometre.
COARSE: Final = 2
POSITION: Final = ("latitude", "longitude")


class GpsPolicy(StrEnum):
    """As it is, to about a kilometre, or not at all."""

    KEEP = "keep"
    COARSEN = "coarsen"
    STRIP = "strip"


def shown(exif: Mapping[str, object], policy: GpsPolicy) -> dict[str, object]:
    """Give the facts of a camera as they may be shown; what is stored stays exact."""
    place = exif.get(PLACE)
    if policy is GpsPolicy.KEEP or place is None:
        return dict(exif)
    rest = {name: value for name, value in exif.items() if name != PLACE}
    if policy is GpsPolicy.STRIP or not isinstance(place, Mapping):
        return rest
    # Without the altitude: how high somebody lives tells the floor.
    return {**rest, PLACE: {name: round(float(place[name]), COARSE) for name in POSITION if name in place}}
