"""A run over what is due: from one upload to the next, until there is none, no time, or no sense in it."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID, uuid4

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
class Count:
    """How uploads fared."""

    attempted: int = 0
    success: int = 0
    failed: int = 0
    skipped: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_user: Counter[str] = field(default_factory=Counter)

    def add(self, due: Due, error: AppError | None) -> None:
        self.by_user[due.caller.actor_id] += 1
        if error is not None:
            self.by_type[error.code] += 1
        if _is_outage(error):
            self.skipped += 1
            return
        self.attempted += 1
        self.success += error is None
        self.failed += error is not None


@dataclass(slots=True)
class Tally(Count):
    """What a run did so far, and for whom."""

    by_org: defaultdict[UUID, Count] = field(default_factory=lambda: defaultdict(Count))
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

    def note(self, due: Due, error: AppError | None) -> None:
        self.touched.add(due.attempt.upload_id)
        self.add(due, error)
        self.by_org[due.caller.org_id].add(due, error)
        if _is_outage(error) and not isinstance(error, OnlyParked):
            # What else is for this store would fare the same.
            self.down.add(due.target_store)


def _is_outage(error: AppError | None) -> bool:
    """Then its try was given back."""
    return error is not None and error.failure_class == "outage"


def run_due(deps: Deps, budget: Budget, *, only: Collection[UUID] | None = None, needs: float = ONE_ITEM) -> Tally:
    """Go on with what is due, the most urgent first, while the time allows for one more."""
    tally = Tally()
    while not tally.is_in_vain and budget.allows(needs):
        due = claim_next(deps, only, tally.down)
        if due is None:
            return tally
        _pause(due, tally, deps)
        tally.note(due, retry_one(due, deps, budget))
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
) -> tuple[Tally, list[RetryRun]]:
    """The same, written down: for whoever asked, and else for each organisation that something was done for."""
    started = time.perf_counter()
    tally = run_due(deps, budget, only=only, needs=needs)
    ended = replace(
        errand,
        stopped=tally.stopped,
        remaining=len(tally.left_of(only or ())),
        duration_ms=int((time.perf_counter() - started) * 1000),
    )
    if errand.org_id is not None:
        runs = [_of(ended, tally)]
    else:
        runs = [_of(replace(ended, id=uuid4(), org_id=org_id), count) for org_id, count in tally.by_org.items()]
    for run in runs:
        log.info("retry.run", source=run.source, **_counts(run))
    if runs:
        emit(RetryAttempted=tally.attempted, RetrySucceeded=tally.success)
    return tally, [deps.retries.log(run) for run in runs]


def _of(run: RetryRun, count: Count) -> RetryRun:
    return replace(
        run,
        attempted=count.attempted,
        success=count.success,
        failed=count.failed,
        skipped=count.skipped,
        by_type=dict(count.by_type),
        by_user=dict(count.by_user),
    )


def _counts(run: RetryRun) -> dict[str, object]:
    names = ("org_id", "attempted", "success", "failed", "skipped", "remaining", "stopped")
    return {name: getattr(run, name) for name in names}
