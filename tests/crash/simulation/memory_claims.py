"""The claim in memory: what `shared.db.claims` answers, as one step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.photos import (
    WRITERS,
    Caller,
    Claim,
    Door,
    Intention,
    Role,
    StoreName,
    Target,
    Terms,
    Twin,
    UploadState,
    Verdict,
)
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.tables import AttemptRow, Tables, UploadRow, attempt_of


@dataclass(slots=True)
class Tenants:
    """Who may put photos where."""

    members: dict[tuple[UUID, str], Role] = field(default_factory=dict)
    targets: dict[tuple[UUID, Target], StoreName] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asking:
    """One claim with the ids that were chosen for it: asked twice, it answers the same."""

    token: UUID
    ids: tuple[tuple[UUID, UUID], ...]
    caller: Caller
    terms: Terms
    gone: tuple[UUID, ...] = ()


@dataclass(slots=True)
class Claims:
    """Authorises, limits, records the intention and allots the attempt."""

    tables: Tables
    tenants: Tenants
    rules: Rules
    clock: Callable[[], float]
    stage: str
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    granted: int = 0

    def answer(self, asking: Asking, intentions: Sequence[Intention]) -> list[Claim]:
        caller = asking.caller
        role = self.tenants.members.get((caller.org_id, caller.actor_id))
        if role not in WRITERS:
            return [Claim(Verdict.STRANGER if role is None else Verdict.FORBIDDEN) for _ in intentions]
        wanted = [self._is_wanted(caller, i) and not self._twin(asking, i) for i in intentions]
        tokens, paid = self._take_token(asking) if any(wanted) else (None, False)
        return [
            self._one(asking, n, intention, tokens, claims=paid and wanted[n])
            for n, intention in enumerate(intentions)
        ]

    def allot(self, attempt_id: UUID, upload: UploadRow, store: StoreName, reap_after: float) -> AttemptRow:
        """The attempt that goes with the number which the upload has now."""
        name = self.rules.object_name(self.stage, upload)
        row = AttemptRow(attempt_id, upload, upload.attempt_no, store, name, self.clock() + reap_after)
        return self.tables.add_attempt(row)

    def _known(self, caller: Caller, intention: Intention) -> UploadRow | None:
        return self.tables.by_key.get((caller.org_id, caller.actor_id, intention.door, intention.idem_key))

    def _is_wanted(self, caller: Caller, intention: Intention) -> bool:
        known = self._known(caller, intention)
        allowed = (caller.org_id, intention.target) in self.tenants.targets
        return allowed and (known is None or known.state is UploadState.OPEN)

    def _twin(self, asking: Asking, intention: Intention) -> Twin | None:
        same = self.tables.twin_of(asking.caller.org_id, intention.target, intention.declared.sha256)
        spotted = asking.terms.spots_twins and same and same.attempt and same.attempt.id not in asking.gone
        return same.as_twin() if same and spotted else None

    def _take_token(self, asking: Asking) -> tuple[float, bool]:
        rate, now = asking.terms.rate, self.clock()
        key = f"{rate.name}:{asking.caller.org_id}:{asking.caller.actor_id}"
        tokens, since = self.buckets.get(key, (float(rate.capacity), now))
        level = min(float(rate.capacity), tokens + rate.per_second * max(0.0, now - since))
        paid = level >= 1
        self.buckets[key] = (level - paid, max(since, now))
        self.granted += paid
        return level - paid, paid

    def _one(self, asking: Asking, n: int, intention: Intention, tokens: float | None, *, claims: bool) -> Claim:
        caller = asking.caller
        if (caller.org_id, intention.target) not in self.tenants.targets:
            return Claim(Verdict.NO_TARGET, tokens=tokens)
        row = self._claimed(asking, n, intention) if claims else self._known(caller, intention)
        attempt = self._attempt(asking, n, row) if claims and row else None
        if not attempt and (twin := self._twin(asking, intention)) and _is_same(row, intention.fingerprint(caller)):
            return Claim(Verdict.DUPLICATE, tokens=tokens, twin=twin)
        if row is None:
            return Claim(Verdict.LIMITED, tokens=tokens)
        verdict = _verdict(row, attempt, intention.fingerprint(caller), claimed=claims)
        return self._told(row, attempt, verdict, asking.token, tokens)

    def _claimed(self, asking: Asking, n: int, intention: Intention) -> UploadRow:
        row, now = self._known(asking.caller, intention), self.clock()
        lease = now + asking.terms.lease_seconds
        if row is None:
            return self._insert(asking, n, intention, lease)
        goes = (
            row.state is UploadState.OPEN
            and row.fingerprint == intention.fingerprint(asking.caller)
            and row.lease_token != asking.token
            and not (row.door is Door.DIRECT and row.parked_key)
            and not (asking.terms.exclusive and self.rules.must_wait(row, now))
        )
        if goes:
            row.attempt_no += 1
            row.lease_until, row.lease_token, row.next_retry_at = lease, asking.token, None
        return row

    def _insert(self, asking: Asking, n: int, intention: Intention, lease: float) -> UploadRow:
        caller = asking.caller
        row = UploadRow(
            id=asking.ids[n][0],
            org_id=caller.org_id,
            actor_id=caller.actor_id,
            door=intention.door,
            idem_key=intention.idem_key,
            fingerprint=intention.fingerprint(caller),
            target=intention.target,
            store=self.tenants.targets[caller.org_id, intention.target],
            declared=intention.declared,
            details=dict(intention.details),
            seq=len(self.tables.uploads) + 1,
            lease_until=lease,
            lease_token=asking.token,
        )
        self.tables.add_upload(row)
        return row

    def _attempt(self, asking: Asking, n: int, row: UploadRow) -> AttemptRow | None:
        if row.lease_token != asking.token:
            return None
        there = next((attempt for attempt in row.attempts if attempt.number == row.attempt_no), None)
        store, reap_after = asking.terms.first_store or row.store, asking.terms.reap_after_seconds
        return there or self.allot(asking.ids[n][1], row, store, reap_after)

    def _told(
        self, row: UploadRow, attempt: AttemptRow | None, verdict: Verdict, token: UUID, tokens: float | None
    ) -> Claim:
        return Claim(
            verdict=verdict,
            attempt=attempt_of(attempt) if attempt else None,
            target_store=row.store,
            reply=row.reply,
            lease_token=token if attempt else None,
            lease_left=math.ceil(max(1, (row.lease_until or 0) - self.clock())),
            parked=row.parked_key is not None,
            breaker={"row": None} if attempt else None,
            tokens=tokens,
            upload_id=row.id,
        )


def _is_same(row: UploadRow | None, fingerprint: str) -> bool:
    return row is None or (row.state is UploadState.OPEN and row.fingerprint == fingerprint)


def _verdict(row: UploadRow, attempt: AttemptRow | None, fingerprint: str, *, claimed: bool) -> Verdict:
    if attempt:
        return Verdict.GO
    if row.fingerprint != fingerprint:
        return Verdict.REUSED
    if row.state is not UploadState.OPEN:
        return Verdict.REPLAY
    return Verdict.IN_PROGRESS if claimed else Verdict.LIMITED
