"""A run over what is due: from one upload to the next, until there is none, no time, or no sense in it."""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from shared.db.retry_facts import RetryRun
from shared.deps import Deps
from shared.errors import AppError
from shared.log import log
from shared.metrics import emit
from shared.photos import Due, StoreName
from shared.resilience.budget import Budget
from shared.uploads.retry import OnlyParked, asked_for, claim_next, retry_one

# What one more upload may take, at the worst: nothing is begun that could be cut off.
ONE_ITEM = 20.0
# A run of which less than half succeeds does more harm than good; before so many tries, that is only bad luck.
ENOUGH_TO_JUDGE = 10


class Stop(StrEnum):
    """Why a run ended before everything was tried."""

    TIME = "out of time"
    IN_VAIN = "under 50 % of its attempts succeeded"


@dataclass(slots=True)
class Tally:
    """What a run did so far."""

    attempted: int = 0
    success: int = 0
    failed: int = 0
    skipped: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_user: Counter[str] = field(default_factory=Counter)
    orgs: set[UUID] = field(default_factory=set)
    touched: set[UUID] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    down: set[StoreName] = field(default_factory=set)
    stopped: Stop | None = None

    @property
    def is_in_vain(self) -> bool:
        return self.attempted >= ENOUGH_TO_JUDGE and self.success * 2 < self.attempted

    def left_of(self, asked: Collection[UUID]) -> list[UUID]:
        """Those that still wait. A run that got to its end left nothing but what is for a store that is out."""
        if self.stopped is None and not self.down:
            return []
        return [upload_id for upload_id in asked if upload_id not in self.touched]

    def add(self, due: Due, error: AppError | None) -> None:
        self.touched.add(due.attempt.upload_id)
        self.orgs.add(due.caller.org_id)
        self.by_user[due.caller.actor_id] += 1
        if error is not None:
            self.by_type[error.code] += 1
        if error is not None and error.failure_class == "outage":
            # Its try was given back; what else is for this store would fare the same.
            self.skipped += 1
            self.down |= set() if isinstance(error, OnlyParked) else {due.target_store}
            return
        self.attempted += 1
        self.success += error is None
        self.failed += error is not None


def run_due(deps: Deps, budget: Budget, *, only: Collection[UUID] | None = None, needs: float = ONE_ITEM) -> Tally:
    """Go on with what is due, the most urgent first, while the time allows for one more."""
    tally = Tally()
    while not tally.is_in_vain and budget.allows(needs):
        due = claim_next(deps, only, tally.down)
        if due is None:
            return tally
        _pause(due, tally, deps)
        tally.add(due, retry_one(due, deps, budget))
    tally.stopped = Stop.IN_VAIN if tally.is_in_vain else Stop.TIME
    return tally


def _pause(due: Due, tally: Tally, deps: Deps) -> None:
    """Between two that ask the same one; none before the first."""
    whom = asked_for(due)
    if whom in tally.asked:
        deps.sleep(deps.limits.retry_delay_ms / 1000 if due.parked_name else deps.import_pause(whom))
    tally.asked.add(whom)


def run_logged(
    errand: RetryRun, deps: Deps, budget: Budget, *, only: Collection[UUID] | None = None, needs: float = ONE_ITEM
) -> tuple[Tally, RetryRun]:
    """The same, written down. Of a run that nobody asked for and that found nothing, there is nothing to tell."""
    started = time.perf_counter()
    tally = run_due(deps, budget, only=only, needs=needs)
    done = replace(
        errand,
        org_id=errand.org_id or (next(iter(tally.orgs)) if len(tally.orgs) == 1 else None),
        attempted=tally.attempted,
        success=tally.success,
        failed=tally.failed,
        skipped=tally.skipped,
        by_type=dict(tally.by_type),
        by_user=dict(tally.by_user),
        stopped=tally.stopped,
        remaining=len(tally.left_of(only or ())),
        duration_ms=int((time.perf_counter() - started) * 1000),
    )
    if not tally.touched and errand.requested_by is None:
        return tally, done
    emit(RetryAttempted=tally.attempted, RetrySucceeded=tally.success)
    log.info("retry.run", source=done.source, **_counts(done))
    return tally, deps.retries.log(done)


def _counts(run: RetryRun) -> dict[str, object]:
    names = ("attempted", "success", "failed", "skipped", "remaining", "stopped")
    return {name: getattr(run, name) for name in names}
