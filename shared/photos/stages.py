"""What a worker is told of a photo that must still be processed or embedded, and where it keeps what it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.photos.states import StoreName


class Stage(StrEnum):
    """What happens to a photo after its commit."""

    PROCESS = "process"
    EMBED = "embed"


class StageState(StrEnum):
    """How far one stage of one photo got. Stopped is what nobody wants any more, or not yet."""

    DUE = "due"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Work:
    """One stage of one photo, claimed for this worker alone, with all that is needed to do it."""

    stage: Stage
    photo_id: UUID
    org_id: UUID
    attempt_id: UUID
    lease_token: UUID
    store: StoreName
    object_name: str
    version: str | None
    # Where a store that delivers by itself has the original.
    delivery_url: str | None
    size: int
    sha256: str | None
    tries: int
    last_error: str | None
    # What is there already: its name, and how many bytes it has.
    display_name: str | None = None
    display_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """What processing made of an original, and what it learned of it."""

    made_by: str
    width: int
    height: int
    exif: Mapping[str, object]
    warnings: tuple[str, ...]
    placeholder: str
    animated: bool
    renditions: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Setback:
    """Why one stage was not done this time, and what follows."""

    error_class: str
    error_type: str
    detail: str
    # Whether it is tried no more.
    over: bool
    retry_in: float
    # Whether this counts as a try: when everything is down, it is nobody's fault.
    spent: bool


def derived_under(object_name: str) -> str:
    """Say how the names begin of all that is made of one attempt; it goes when the attempt goes."""
    return f"derived/{object_name}/"
