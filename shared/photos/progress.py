"""What is told of progress: how many photos are how far, what happened to them, and how long it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.photos.states import PhotoStatus, Role

# In the order in which a photo goes through them; `failed` is the way out of each.
STAGES = ("uploading", "uploaded", "processing", "embedding", "ready", "failed")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose photos: the caller's own or everybody's, of one project or of all."""

    everybody: bool = False
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """How many are in each stage; what is not named is none."""

    role: Role
    counts: Mapping[str, int]
    at: datetime


class Position(NamedTuple):
    """How far somebody has read: the number of a transaction, and of a row in it."""

    xid: int
    id: int


LARGEST_POSITION = Position(2**64 - 1, 2**63 - 1)


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """Something that happened to a photo, or to an upload on its way to be one."""

    position: Position
    kind: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Updates:
    """What happened, where to go on from, and whether more is waiting there."""

    stats: Stats
    events: tuple[ProgressEvent, ...]
    position: Position
    more: bool


@dataclass(frozen=True, slots=True)
class Readings:
    """Percentiles by what was measured and when, and queues by what stands in them; what is not there was nothing."""

    role: Role
    took: Mapping[str, Mapping[str, Mapping[str, object]]]
    waits: Mapping[str, Mapping[str, object]]
    at: datetime


@dataclass(frozen=True, slots=True)
class Retried:
    """Where a photo stands once its failed stages are due again."""

    status: PhotoStatus
    stage: str
    stages: tuple[str, ...]
