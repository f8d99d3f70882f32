"""What the ledger tells of the images of a venue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.photos import Attempt, Caller, ImageStatus, Intention, Source, StoreName, UploadState


@dataclass(frozen=True, slots=True)
class LivePhoto:
    """The photo that a venue has of an address, and what it says of its picture."""

    id: UUID
    quality_score: float | None
    fetched_at: datetime
    store: StoreName
    object_name: str
    version: str | None
    ref: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What became of an address up to now: the photo it has, if it has one, and the newest upload of it."""

    upload_id: UUID
    actor_id: str
    idem_key: str
    state: UploadState
    parked: bool
    failure_class: str | None
    failure_type: str | None
    failure_detail: str | None
    tries: int
    most_tries: int
    photo: LivePhoto | None


@dataclass(frozen=True, slots=True)
class Again:
    """An upload of an image that did not succeed, claimed anew, whoever it is of."""

    caller: Caller
    intention: Intention
    attempt: Attempt
    lease_token: UUID
    tries: int
    most_tries: int


@dataclass(frozen=True, slots=True)
class ImageState:
    """One image of a venue as it stands."""

    upload_id: UUID
    created_at: datetime
    status: ImageStatus
    source: Source | None
    file_name: str
    photo_id: UUID | None
    store: str | None
    object_name: str | None
    version: str | None
    url: str | None
    asset_id: str | None
    error: Mapping[str, object] | None
