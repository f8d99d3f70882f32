"""What brings an upload to its end when its door could not, and forgets what is old."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.photos import Attempt, AttemptState, Caller, Condemned, Due, Reply, StoredObject, StoreName

if TYPE_CHECKING:
    from shared.db.retry_facts import Chosen, Preview, Reopened, RetryRun


class Parking(Protocol):
    """Keeps the bytes of an upload while its store is down; see `shared.db.parking`."""

    def allot(self, upload_id: UUID, lease_token: UUID, reap_after: int) -> Attempt | None: ...
    def promise(
        self, attempt: Attempt, stored: StoredObject, details: Mapping[str, object], retry_in: float
    ) -> bool: ...
    def claim_due(
        self,
        *,
        limit: int,
        lease_seconds: int,
        reap_after: int,
        only: Collection[UUID] | None = None,
        not_at: Collection[StoreName] = (),
    ) -> list[Due]: ...


class Retries(Protocol):
    """What is tried again because a person asks, and what runs leave behind; see `shared.db.retries`."""

    def look(self, caller: Caller, chosen: "Chosen", limit: int) -> "Preview": ...
    def reopen(self, caller: Caller, chosen: "Chosen", limit: int) -> "list[Reopened]": ...
    def find(self, caller: Caller, run_id: UUID) -> "RetryRun | None": ...
    def pull_forward(self, limit: int) -> int: ...
    def log(self, run: "RetryRun") -> "RetryRun": ...


class Recovery(Protocol):
    """Finds what was left half-done; see `shared.db.recovery`."""

    def expired_direct(self, limit: int) -> list[tuple[Caller, UUID]]: ...
    def abandon(self, limit: int, only: UUID | None = None) -> tuple[int, int]: ...
    def take_condemned(self, limit: int, pause: float) -> list[Condemned]: ...
    def saw_present(self, attempt_id: UUID) -> None: ...
    def saw_absent(self, attempt_id: UUID, pause: float) -> AttemptState | None: ...
    def saw_trouble(self, attempt_id: UUID, error: str) -> None: ...


class Retention(Protocol):
    """Forgets what is old; see `shared.db.retention`."""

    def sweep(self, rule: str, limit: int, after: str, abandoned: Reply) -> tuple[int, str | None]: ...


class Bell(Protocol):
    """Wakes a worker."""

    def ring(self) -> None: ...


class Alarm(Protocol):
    """Wakes the retry worker: for one upload later, or at once for some, and for all that is due without any."""

    def ring_at(self, upload_id: UUID, seconds: float) -> None: ...
    def ring_for(self, upload_ids: Sequence[UUID]) -> None: ...


class RecoveryDeps(Protocol):
    """What brings an upload to its end when its door could not."""

    @property
    def parking(self) -> Parking: ...
    @property
    def retries(self) -> Retries: ...
    @property
    def recovery(self) -> Recovery: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def bell(self) -> Bell: ...
    @property
    def alarm(self) -> Alarm: ...
