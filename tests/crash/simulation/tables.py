"""The tables of the ledger in memory, with the constraints that the migrations put on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from shared.photos import FORWARD, Attempt, AttemptState, Declared, Door, Reply, StoreName, Target, Twin, UploadState
from tests.crash.simulation.violations import Violation

Key = tuple[UUID, str, Door, str]


@dataclass(eq=False, slots=True)
class UploadRow:
    """A row of `uploads`."""

    id: UUID
    org_id: UUID
    actor_id: str
    door: Door
    idem_key: str
    fingerprint: str
    target: Target
    store: StoreName
    declared: Declared
    details: Mapping[str, object]
    seq: int
    lease_until: float | None
    lease_token: UUID
    state: UploadState = UploadState.OPEN
    attempt_no: int = 1
    photo_id: UUID | None = None
    next_retry_at: float | None = None
    tries: int = 0
    most_tries: int = 5
    priority: int = 0
    failure: tuple[str, str, str] | None = None
    parked_key: str | None = None
    reply: Reply | None = None
    attempts: list["AttemptRow"] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.org_id, self.actor_id, self.door, self.idem_key

    def is_free(self, now: float) -> bool:
        """Nobody holds it, or whoever did is late."""
        return self.lease_until is None or self.lease_until <= now


@dataclass(eq=False, slots=True)
class AttemptRow:
    """A row of `attempts`."""

    id: UUID
    upload: UploadRow
    number: int
    store: StoreName
    object_name: str
    reap_after: float
    state: AttemptState = AttemptState.INTENT
    sha256: str | None = None
    version: str | None = None
    ref: Mapping[str, str] = field(default_factory=dict)
    next_look_at: float | None = None
    absent_at: float | None = None
    delete_tries: int = 0
    last_error: str | None = None


@dataclass(eq=False, slots=True)
class PhotoRow:
    """A row of `photos`."""

    id: UUID
    org_id: UUID
    target: Target
    attempt: AttemptRow | None
    seq: int
    sha256: str | None
    replaced_by: UUID | None = None

    @property
    def is_live(self) -> bool:
        return self.attempt is not None

    def as_twin(self) -> Twin:
        """Where its bytes should be."""
        assert self.attempt
        attempt = self.attempt
        return Twin(
            self.id, attempt.id, attempt.store, attempt.object_name, attempt.version, attempt.ref.get("secure_url")
        )


@dataclass(eq=False, slots=True)
class StopRow:
    """A row of `hunt_progress`."""

    photo_id: UUID
    seq: int
    photo_url: str | None
    completed_at: float


@dataclass(eq=False, slots=True)
class OutboxRow:
    """A row of `outbox`."""

    id: int
    event_id: UUID
    org_id: UUID
    photo_id: UUID
    available_at: float
    tries: int = 0
    published: bool = False
    dead: bool = False
    last_error: str | None = None

    @property
    def is_open(self) -> bool:
        return not self.published and not self.dead


@dataclass(slots=True)
class Tables:
    """All rows, by what they are looked up by. `strict` is what the database itself refuses."""

    strict: bool = True
    uploads: dict[UUID, UploadRow] = field(default_factory=dict)
    by_key: dict[Key, UploadRow] = field(default_factory=dict)
    attempts: dict[UUID, AttemptRow] = field(default_factory=dict)
    by_name: dict[str, AttemptRow] = field(default_factory=dict)
    photos: dict[UUID, PhotoRow] = field(default_factory=dict)
    stops: dict[tuple[UUID | None, UUID | None], StopRow] = field(default_factory=dict)
    outbox: dict[int, OutboxRow] = field(default_factory=dict)

    def add_upload(self, row: UploadRow) -> None:
        self.uploads[row.id] = self.by_key[row.key] = row

    def add_attempt(self, row: AttemptRow) -> AttemptRow:
        """Names and numbers are used once."""
        if row.id in self.attempts:
            raise Violation("attempts_pkey", f"attempt {row.id} is there already")
        if self.strict and row.object_name in self.by_name:
            raise Violation("I8", f"{row.object_name} belongs to another attempt")
        self.attempts[row.id] = self.by_name[row.object_name] = row
        row.upload.attempts.append(row)
        return row

    def move(self, row: AttemptRow, state: AttemptState, now: float) -> None:
        """The only moves an attempt may make, and at most one committed for one upload."""
        if self.strict and state not in FORWARD[row.state]:
            raise Violation("I6", f"{row.object_name} cannot go from {row.state} to {state}")
        row.state = state
        row.next_look_at = now if state is AttemptState.CONDEMNED else None
        if self.strict and sum(a.state is AttemptState.COMMITTED for a in row.upload.attempts) > 1:
            raise Violation("I4", f"two attempts of upload {row.upload.idem_key} are committed")

    def twin_of(self, org_id: UUID, target: Target, sha256: str | None) -> PhotoRow | None:
        """The photo of these bytes that a project has already."""
        same = (org_id, target.project_id, sha256)
        if target.project_id is None or sha256 is None:
            return None
        return next((p for p in self.live_photos() if (p.org_id, p.target.project_id, p.sha256) == same), None)

    def live_photos(self) -> Iterator[PhotoRow]:
        return (photo for photo in self.photos.values() if photo.attempt is not None)

    def give_up(self, rows: list[AttemptRow], now: float, why: str | None = None) -> None:
        for row in rows:
            self.move(row, AttemptState.CONDEMNED, now)
            row.last_error = why or row.last_error


def intents_of(upload: UploadRow) -> list[AttemptRow]:
    return [attempt for attempt in upload.attempts if attempt.state is AttemptState.INTENT]


def attempt_of(row: AttemptRow) -> Attempt:
    """The row as its owner is told of it."""
    return Attempt(row.id, row.upload.id, row.number, row.store, row.object_name)
