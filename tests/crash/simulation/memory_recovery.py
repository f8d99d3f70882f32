"""Parking, recovery and the outbox in memory: what their SQL does, each question as one step."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from shared.db.outbox import MOST_TRIES
from shared.photos import (
    Attempt,
    AttemptState,
    Caller,
    Condemned,
    Door,
    Due,
    Intention,
    News,
    StoredObject,
    StoreName,
    UploadState,
)
from tests.crash.simulation.memory_claims import Claims
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.tables import OutboxRow, Tables, UploadRow, attempt_of, intents_of


@dataclass(slots=True)
class Parking:
    """Keeps the bytes of an upload while its store is down."""

    tables: Tables
    claims: Claims
    clock: Callable[[], float]
    new_id: Callable[[], UUID]

    def allot(self, attempt_id: UUID, upload_id: UUID, lease_token: UUID, reap_after: int) -> Attempt | None:
        upload = self.tables.uploads[upload_id]
        if attempt_id in self.tables.attempts:
            return attempt_of(self.tables.attempts[attempt_id])
        if upload.state is not UploadState.OPEN or upload.lease_token != lease_token or upload.lease_until is None:
            return None
        upload.attempt_no += 1
        return attempt_of(self.claims.allot(attempt_id, upload, StoreName.S3, reap_after))

    def promise(self, attempt: Attempt, stored: StoredObject, details: Mapping[str, object], retry_in: float) -> bool:
        row = self.tables.attempts[attempt.id]
        upload = row.upload
        held = row.state is AttemptState.INTENT and upload.state is UploadState.OPEN
        direct = upload.door is Door.DIRECT
        if not held or (upload.parked_key is not None if direct else upload.attempt_no != row.number):
            return False
        row.version = stored.version
        known = upload.declared
        upload.declared = replace(known, size=known.size or stored.size, sha256=known.sha256 or stored.sha256)
        self.tables.give_up([rival for rival in intents_of(upload) if rival is not row], self.clock())
        upload.parked_key, upload.lease_until = row.object_name, None
        upload.next_retry_at = self.clock() + retry_in
        upload.details = {**upload.details, **details}
        return True

    def claim_due(
        self,
        token: UUID,
        *,
        limit: int,
        lease_seconds: int,
        reap_after: int,
        only: Collection[UUID] | None = None,
        not_at: Collection[StoreName] = (),
    ) -> list[Due]:
        now = self.clock()
        due = [u for u in self.tables.uploads.values() if _is_due(u, now) and u.store not in not_at]
        due = [u for u in due if only is None or u.id in only]
        due.sort(key=lambda upload: (-upload.priority, upload.next_retry_at or 0))
        taken = due[:limit]
        for upload in taken:
            upload.attempt_no += 1
            upload.tries += 1
            upload.next_retry_at, upload.lease_until, upload.lease_token = None, now + lease_seconds, token
        return [self._due(upload, reap_after) for upload in taken]

    def _due(self, upload: UploadRow, reap_after: int) -> Due:
        attempt = self.claims.allot(self.new_id(), upload, upload.store, reap_after)
        parked = self.tables.by_name[upload.parked_key or ""]
        return Due(
            caller=Caller(upload.actor_id, upload.org_id),
            intention=Intention(upload.door, upload.idem_key, upload.target, upload.declared, upload.details),
            attempt=attempt_of(attempt),
            lease_token=upload.lease_token,
            target_store=upload.store,
            parked_name=parked.object_name,
            parked_version=parked.version,
            tries=upload.tries,
            most_tries=upload.most_tries,
        )


def _is_due(upload: UploadRow, now: float) -> bool:
    retry = upload.next_retry_at
    waits = upload.state is UploadState.OPEN and upload.parked_key is not None
    return waits and retry is not None and retry <= now and upload.is_free(now)


@dataclass(slots=True)
class Recovery:
    """Finds what was left half-done."""

    tables: Tables
    rules: Rules
    clock: Callable[[], float]

    def expired_direct(self, limit: int) -> list[tuple[Caller, UUID]]:
        late = [u for u in self._late() if u.door is Door.DIRECT and not u.parked_key]
        return [(Caller(u.actor_id, u.org_id), u.id) for u in late[:limit]]

    def abandon(self, limit: int, only: UUID | None = None) -> tuple[int, int]:
        now, gone = self.clock(), 0
        late = [u for u in self._late() if (u.id == only if only else u.door is not Door.DIRECT or u.parked_key)][
            :limit
        ]
        for upload in late:
            lost = [a for a in intents_of(upload) if a.object_name != upload.parked_key]
            self.tables.give_up(lost, now, "abandoned")
            gone += len(lost)
            upload.lease_until = None
            parked, retry = upload.parked_key is not None, upload.next_retry_at
            upload.next_retry_at = (now if retry is None else retry) if parked else None
        return len(late), gone

    def take_condemned(self, limit: int, pause: float) -> list[Condemned]:
        now = self.clock()
        due = [a for a in self.tables.attempts.values() if a.next_look_at is not None and a.next_look_at <= now]
        due.sort(key=lambda attempt: attempt.next_look_at or 0)
        for attempt in due[:limit]:
            attempt.next_look_at = now + pause
        return [Condemned(a.id, a.store, a.object_name) for a in due[:limit]]

    def saw_present(self, attempt_id: UUID) -> None:
        attempt = self.tables.attempts[attempt_id]
        if attempt.state is AttemptState.CONDEMNED:
            attempt.absent_at, attempt.delete_tries = None, attempt.delete_tries + 1

    def saw_absent(self, attempt_id: UUID, pause: float) -> AttemptState | None:
        attempt, now = self.tables.attempts[attempt_id], self.clock()
        if attempt.state is not AttemptState.CONDEMNED:
            return None
        over = self.rules.is_gone(attempt, now, pause)
        attempt.absent_at = now if attempt.absent_at is None else attempt.absent_at
        if over:
            self.tables.move(attempt, AttemptState.REAPED, now)
        else:
            attempt.next_look_at = max(attempt.reap_after, now + pause)
        return attempt.state

    def saw_trouble(self, attempt_id: UUID, error: str) -> None:
        attempt = self.tables.attempts[attempt_id]
        if attempt.state is AttemptState.CONDEMNED:
            attempt.delete_tries, attempt.last_error = attempt.delete_tries + 1, error

    def _late(self) -> list[UploadRow]:
        now = self.clock()
        held = [(u.lease_until, u) for u in self.tables.uploads.values() if u.lease_until is not None]
        late = [(until, u) for until, u in held if until <= now and u.state is UploadState.OPEN]
        return [u for _, u in sorted(late, key=lambda pair: pair[0])]


@dataclass(slots=True)
class Outbox:
    """What must be told to others."""

    tables: Tables
    clock: Callable[[], float]

    def take(self, limit: int) -> list[News]:
        now = self.clock()
        due = [row for row in self._open(list(self.tables.outbox)) if row.available_at <= now]
        due.sort(key=lambda row: (row.available_at, row.id))
        for row in due[:limit]:
            row.available_at = now + min(3600, 30 * 2**row.tries)
            row.tries += 1
        return [
            News(row.id, row.event_id, row.org_id, "photo.committed", {"photo_id": str(row.photo_id)})
            for row in due[:limit]
        ]

    def published(self, ids: list[int]) -> None:
        for row in self._open(ids):
            row.published = True

    def unpublished(self, ids: list[int], error: str) -> None:
        for row in self._open(ids):
            row.last_error, row.dead = error, row.dead or row.tries >= MOST_TRIES

    def _open(self, ids: list[int]) -> list[OutboxRow]:
        return [row for number in ids if (row := self.tables.outbox[number]).is_open]
