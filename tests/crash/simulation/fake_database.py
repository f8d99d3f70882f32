"""The seams of the database in `shared.deps`, over memory: each question pauses, and may meet any fate."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.errors import DatabaseUnavailable
from shared.photos import (
    Attempt,
    AttemptState,
    Caller,
    Claim,
    Commit,
    Condemned,
    Due,
    Intention,
    Loss,
    News,
    Reply,
    Standing,
    StoredObject,
    StoreName,
    Terms,
    Twin,
    Upload,
)
from tests.crash.simulation.faults_of_calls import Call
from tests.crash.simulation.memory_claims import Asking

if TYPE_CHECKING:
    from tests.crash.simulation.world import World

# How late the database may still apply what was sent to it.
LATEST_STATEMENT = 900.0


@dataclass(frozen=True, slots=True)
class Database:
    """How questions reach the ledger, and how they fail to."""

    world: "World"

    def ask(self, label: str, effect: Callable[[], Any]) -> Any:
        """Every question may be asked twice: that is what the adapter does when its connection breaks."""
        return self.world.scheduler.call(
            Call(
                label,
                effect,
                refusals=(DatabaseUnavailable,),
                unknown=DatabaseUnavailable,
                late_for=LATEST_STATEMENT,
                repeatable=True,
            )
        )


@dataclass(frozen=True, slots=True)
class Ledger(Database):
    """Decides every race."""

    def claim(
        self, caller: Caller, intentions: Sequence[Intention], terms: Terms, gone: Collection[UUID] = ()
    ) -> list[Claim]:
        new_id = self.world.new_id
        asking = Asking(new_id(), tuple((new_id(), new_id()) for _ in intentions), caller, terms, tuple(gone))
        claims: list[Claim] = self.ask("claim", partial(self.world.claims.answer, asking, intentions))
        return claims

    def commit(self, commit: Commit) -> Reply | Twin | None:
        answer: Reply | Twin | None = self.ask("commit", partial(self.world.commits.commit, commit))
        return answer

    def condemn(self, attempt_id: UUID, loss: Loss) -> bool:
        return bool(self.ask("condemn", partial(self.world.commits.condemn, attempt_id, loss)))

    def standing(self, attempt_id: UUID) -> Standing:
        standing: Standing = self.ask("standing", partial(self.world.commits.standing, attempt_id))
        return standing


@dataclass(frozen=True, slots=True)
class Parking(Database):
    """Keeps the bytes of an upload while its store is down."""

    def allot(self, upload_id: UUID, lease_token: UUID, reap_after: int) -> Attempt | None:
        chosen = self.world.new_id()
        effect = partial(self.world.parking.allot, chosen, upload_id, lease_token, reap_after)
        place: Attempt | None = self.ask("allot", effect)
        return place

    def promise(self, attempt: Attempt, stored: StoredObject, details: Mapping[str, object], retry_in: float) -> bool:
        return bool(self.ask("promise", partial(self.world.parking.promise, attempt, stored, details, retry_in)))

    def claim_due(
        self,
        *,
        limit: int,
        lease_seconds: int,
        reap_after: int,
        only: Collection[UUID] | None = None,
        not_at: Collection[StoreName] = (),
    ) -> list[Due]:
        token = self.world.new_id()
        effect = partial(
            self.world.parking.claim_due,
            token,
            limit=limit,
            lease_seconds=lease_seconds,
            reap_after=reap_after,
            only=only,
            not_at=frozenset(not_at),
        )
        due: list[Due] = self.ask("claim due", effect)
        return due


@dataclass(frozen=True, slots=True)
class Recovery(Database):
    """Finds what was left half-done."""

    def expired_direct(self, limit: int) -> list[tuple[Caller, UUID]]:
        found: list[tuple[Caller, UUID]] = self.ask(
            "expired direct", partial(self.world.recovery.expired_direct, limit)
        )
        return found

    def abandon(self, limit: int, only: UUID | None = None) -> tuple[int, int]:
        counts: tuple[int, int] = self.ask("abandon", partial(self.world.recovery.abandon, limit, only))
        return counts

    def take_condemned(self, limit: int, pause: float) -> list[Condemned]:
        taken: list[Condemned] = self.ask("take condemned", partial(self.world.recovery.take_condemned, limit, pause))
        return taken

    def saw_present(self, attempt_id: UUID) -> None:
        self.ask("saw present", partial(self.world.recovery.saw_present, attempt_id))

    def saw_absent(self, attempt_id: UUID, pause: float) -> AttemptState | None:
        state: AttemptState | None = self.ask(
            "saw absent", partial(self.world.recovery.saw_absent, attempt_id, pause)
        )
        return state

    def saw_trouble(self, attempt_id: UUID, error: str) -> None:
        self.ask("saw trouble", partial(self.world.recovery.saw_trouble, attempt_id, error))


@dataclass(frozen=True, slots=True)
class Outbox(Database):
    """What must be told to others."""

    def take(self, limit: int) -> list[News]:
        news: list[News] = self.ask("take news", partial(self.world.outbox.take, limit))
        return news

    def published(self, ids: list[int]) -> None:
        self.ask("published", partial(self.world.outbox.published, ids))

    def unpublished(self, ids: list[int], error: str) -> None:
        self.ask("unpublished", partial(self.world.outbox.unpublished, ids, error))


@dataclass(frozen=True, slots=True)
class Photos(Database):
    """Reads back what became of uploads."""

    def find(self, caller: Caller, upload_id: UUID) -> Upload | None:
        upload: Upload | None = self.ask("find", partial(self.world.photos.find, caller, upload_id))
        return upload

    def find_any(self, upload_id: UUID) -> Upload | None:
        upload: Upload | None = self.ask("find", partial(self.world.photos.find_any, upload_id))
        return upload

    def find_by_object(self, object_name: str) -> Upload | None:
        upload: Upload | None = self.ask("find", partial(self.world.photos.find_by_object, object_name))
        return upload
