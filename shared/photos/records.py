"""What became of an upload, read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.photos.claims import Attempt, Reply, Target
from shared.photos.gps import GpsPolicy
from shared.photos.images import Declared
from shared.photos.states import Door, PhotoStatus, Role, StoreName, UploadState


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """A committed photo: one row, pointing at one object."""

    id: UUID
    status: PhotoStatus
    file_name: str
    size: int
    sha256: str | None
    mime: str
    width: int
    height: int
    exif: Mapping[str, object]
    exif_warnings: tuple[str, ...]
    uploaded_at: datetime
    processing_at: datetime | None
    completed_at: datetime | None
    failed_at: datetime | None
    deleted_at: datetime | None
    store: StoreName | None
    object_name: str | None
    version: str | None
    ref: Mapping[str, str]
    placeholder: str | None = None
    animated: bool = False
    # What was made of it, by what it is for: each with its name in our S3, its size, its bytes.
    renditions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    searchable: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as its organisation may see it, with the photo that came of it, if one did."""

    id: UUID
    org_id: UUID
    role: Role
    door: Door
    state: UploadState
    target: Target
    target_store: StoreName
    declared: Declared
    created_at: datetime
    lease_over: bool
    parked: bool
    intents: tuple[Attempt, ...]
    reply: Reply | None
    photo: PhotoRecord | None
    failure_class: str | None
    failure_type: str | None
    failure_detail: str | None
    tries: int
    next_retry_at: datetime | None
    gps_policy: GpsPolicy = GpsPolicy.KEEP

    @property
    def status(self) -> PhotoStatus:
        """What the client sees: the photo's own status once there is one, the upload's way there before."""
        if self.photo:
            return self.photo.status
        if self.state is UploadState.FAILED:
            return PhotoStatus.PERMANENTLY_FAILED
        broken = self.failure_class and not self.parked
        return PhotoStatus.FAILED if broken else PhotoStatus.PENDING_UPLOAD


@dataclass(frozen=True, slots=True)
class Condemned:
    """An attempt that lost, whose object must go."""

    id: UUID
    store: StoreName
    object_name: str


@dataclass(frozen=True, slots=True)
class News:
    """One row of the outbox: what happened, for others."""

    id: int
    event_id: UUID
    org_id: UUID
    topic: str
    payload: Mapping[str, object]
