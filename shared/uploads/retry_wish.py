"""A person wants failed uploads tried again: they become due at once, and as many as there is time for are tried."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from shared.db.retry_facts import Chosen, Reopened, RetryRun
from shared.deps import Deps
from shared.errors import AppError, IdempotencyKeyReused
from shared.log import log
from shared.photos import Caller
from shared.resilience.budget import Budget
from shared.uploads.retry_run import Stop, Tally, run_logged

# What one more upload may take while somebody waits for the answer; what comes too late goes on without them.
ONE_ITEM = 12.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Which uploads, how many of them at the most, and who says so."""

    chosen: Chosen
    limit: int
    source: str
    trigger: str | None = None

    def said(self) -> dict[str, object]:
        """What is written down of it."""
        given = {name: _plain(value) for name, value in self.chosen.params().items() if value is not None}
        of_actor = {"actor_id": given.pop("of_actor")} if "of_actor" in given else {}
        return {**given, **of_actor, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class Granted:
    """The run that came of a wish, and whether it is the one that came of the same request before."""

    run: RetryRun
    replayed: bool = False


def grant(caller: Caller, wish: Wish, key: str | None, deps: Deps, budget: Budget) -> Granted:
    """Open, run, log. What there is no time for is left to the alarm; what cannot be rung for, to the schedule."""
    errand = _errand(caller, wish, key)
    before = deps.retries.find(caller, errand.id) if key is not None else None
    if before is not None:
        return Granted(_same(before, errand), replayed=True)
    reopened = deps.retries.reopen(caller, wish.chosen, wish.limit)
    log.info("retry.reopened", count=len(reopened))
    only = [each.upload_id for each in reopened]
    tally, (run,) = run_logged(errand, deps, budget, only=only, needs=ONE_ITEM)
    _ring_for_the_rest(reopened, tally, deps)
    return Granted(run)


def _errand(caller: Caller, wish: Wish, key: str | None) -> RetryRun:
    named = json.dumps(["retry", caller.actor_id, key])
    return RetryRun(
        source=wish.source,
        # Without a key nobody can repeat the request, so a name that nobody knows will do.
        id=uuid4() if key is None else uuid5(caller.org_id, named),
        org_id=caller.org_id,
        trigger=wish.trigger,
        requested_by=caller.actor_id,
        filters=wish.said(),
    )


def _same(before: RetryRun, errand: RetryRun) -> RetryRun:
    if (before.filters, before.source, before.trigger) != (errand.filters, errand.source, errand.trigger):
        raise IdempotencyKeyReused("This Idempotency-Key was used to try other uploads again. Use a new key.")
    return before


def _ring_for_the_rest(reopened: list[Reopened], tally: Tally, deps: Deps) -> None:
    if tally.stopped is not Stop.TIME:
        return
    at = {each.upload_id: each.store for each in reopened}
    rest = [upload_id for upload_id in tally.left_of(at) if at[upload_id] not in tally.down]
    try:
        if rest:
            deps.alarm.ring_for(rest)
    except AppError as trouble:
        log.warning("retry.alarm_failed", code=trouble.code, detail=trouble.message)


def _plain(value: object) -> object:
    """As JSON has it."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
