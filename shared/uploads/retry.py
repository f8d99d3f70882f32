"""Parked uploads come back when they are due, until their store has them or they have used up their tries."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError
from shared.faults import Point, point
from shared.log import log
from shared.photos import Due
from shared.resilience.budget import Budget
from shared.saga import run
from shared.uploads.asset import asset_of
from shared.uploads.facts import kept_image
from shared.uploads.schedule import LATEST_LANDING, MOST_TRIES, delay_before
from shared.uploads.upload_saga import UPLOAD, Upload

LEASE_SECONDS = 120
SOURCE_SECONDS = 900
ONE_ITEM = 20.0


@dataclass(frozen=True, slots=True)
class Retried:
    """What one run did."""

    attempted: int = 0
    succeeded: int = 0
    failed: int = 0


def retry_due(deps: Deps, budget: Budget, only: UUID | None = None, *, needs: float = ONE_ITEM) -> Retried:
    """Go on with what is due, one after the other, while the time allows for one more."""
    attempted = succeeded = 0
    while budget.allows(needs):
        # One at a time: what is claimed and not begun would only wait for its lease to end.
        taken = deps.parking.claim_due(limit=1, lease_seconds=LEASE_SECONDS, reap_after=LATEST_LANDING, only=only)
        if not taken:
            break
        for due in taken:
            attempted += 1
            succeeded += _retry(due, deps, budget)
    return Retried(attempted, succeeded, attempted - succeeded)


def _retry(due: Due, deps: Deps, budget: Budget) -> bool:
    point(Point.RETRY_CLAIMED)
    log.bind(upload_id=due.attempt.upload_id, photo_id=due.attempt.upload_id, idempotency_key=due.intention.idem_key)
    try:
        run(UPLOAD, _resumed(due, deps, budget), deps)
    except AppError as error:
        _after_failure(due, error, deps)
        return False
    log.info("retry.succeeded", tries=due.tries)
    return True


def _resumed(due: Due, deps: Deps, budget: Budget) -> Upload:
    # The store fetches the bytes from our S3 by itself: they do not pass through us a second time.
    source = deps.direct_store.signed_get(due.parked_name, SOURCE_SECONDS, version=due.parked_version)
    completed_at = due.intention.details.get("completed_at")
    return Upload(
        caller=due.caller,
        intention=due.intention,
        attempt=due.attempt,
        asset=asset_of(due.intention, due.caller, due.attempt.upload_id, source_url=source),
        image=kept_image(due.intention.details),
        budget=budget,
        retry_in=delay_before(due.tries + 1),
        last_try=due.tries >= MOST_TRIES,
        completed_at=datetime.fromisoformat(str(completed_at)) if completed_at else None,
    )


def _after_failure(due: Due, error: AppError, deps: Deps) -> None:
    # The saga has written down when the next try is due; the alarm only makes it punctual.
    log.warning("retry.failed", tries=due.tries, code=error.code, detail=error.message)
    if error.failure_class == "permanent" or due.tries >= MOST_TRIES:
        return
    try:
        deps.alarm.ring_at(due.attempt.upload_id, delay_before(due.tries + 1))
    except AppError as trouble:
        log.warning("retry.alarm_failed", code=trouble.code, detail=trouble.message)
