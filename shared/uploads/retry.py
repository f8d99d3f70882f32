"""One upload again: its parked bytes go to their store, by the same saga as the first time."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError, OutcomeUnknown, StoreUnavailable
from shared.faults import Point, point
from shared.log import log
from shared.photos import Due, StoreName
from shared.resilience.budget import Budget
from shared.saga import run
from shared.uploads.asset import asset_of
from shared.uploads.facts import kept_image
from shared.uploads.schedule import LATEST_LANDING, delay_before
from shared.uploads.tries import is_spent, loss_of, pause_before
from shared.uploads.upload_saga import UPLOAD, Upload

LEASE_SECONDS = 120
SOURCE_SECONDS = 900


class RetryBroke(OutcomeUnknown):
    """Something went wrong on our side while it was tried again."""

    code = "retry_broke"


class OnlyParked(StoreUnavailable):
    """It was fetched, and waits with us for its store."""

    code, failure_class = "only_parked", "outage"


def asked_for(due: Due) -> str:
    """Whom going on with it asks: the store that is to have it, or before that whoever it must be fetched from."""
    source = None if due.parked_name else due.intention.source
    return source.provider if source else due.target_store


def claim_next(deps: Deps, only: Collection[UUID] | None = None, not_at: Collection[StoreName] = ()) -> Due | None:
    """The most urgent upload that is due, for this worker alone: of these only, and none of those stores'."""
    # One at a time: what is claimed and not begun would only wait for its lease to end.
    taken = deps.parking.claim_due(
        limit=1, lease_seconds=LEASE_SECONDS, reap_after=LATEST_LANDING, only=only, not_at=not_at
    )
    return taken[0] if taken else None


def retry_one(due: Due, deps: Deps, budget: Budget) -> AppError | None:
    """Try it once more, and say what went wrong. None: its photo is stored."""
    point(Point.RETRY_CLAIMED)
    log.bind(upload_id=due.attempt.upload_id, photo_id=due.attempt.upload_id, idempotency_key=due.intention.idem_key)
    error = _tried(due, deps, budget)
    if error is None:
        log.info("retry.succeeded", tries=due.tries)
        return None
    log.warning("retry.failed", tries=due.tries, code=error.code, detail=error.message)
    _ring_later(due, error, deps)
    return error


def _tried(due: Due, deps: Deps, budget: Budget) -> AppError | None:
    if due.tries > due.most_tries:
        return _given_up(due, RetryBroke("Whoever tried it the last time did not live to tell."), deps)
    try:
        if due.parked_name:
            run(UPLOAD, _resumed(due, due.parked_name, deps, budget), deps)
            return None
        return _fetched_again(due, deps, budget)
    except AppError as error:
        return error
    except Exception as bug:  # noqa: BLE001 - one bad row must not keep the others from being tried
        log.bug("retry.bug", bug)
        return _given_up(due, RetryBroke(), deps)


def _fetched_again(due: Due, deps: Deps, budget: Budget) -> AppError | None:
    # Most functions that come by here never fetch anything.
    from shared.uploads.importing import resume  # noqa: PLC0415

    return OnlyParked() if resume(due, deps, budget).status == 202 else None


def _resumed(due: Due, parked_name: str, deps: Deps, budget: Budget) -> Upload:
    # The store fetches the bytes from our S3 by itself: they do not pass through us a second time.
    source = deps.direct_store.signed_get(parked_name, SOURCE_SECONDS, version=due.parked_version)
    completed_at = due.intention.details.get("completed_at")
    return Upload(
        caller=due.caller,
        intention=due.intention,
        attempt=due.attempt,
        asset=asset_of(due.intention, due.caller, due.attempt.upload_id, source_url=source),
        image=kept_image(due.intention.details),
        budget=budget,
        retry_in=delay_before(due.tries + 1),
        tries=due.tries,
        most_tries=due.most_tries,
        completed_at=datetime.fromisoformat(str(completed_at)) if completed_at else None,
    )


def _given_up(due: Due, error: AppError, deps: Deps) -> AppError:
    """What the saga does when a step of it fails, for what never got into it, or fell out of it."""
    loss = loss_of(error, tries=due.tries, most_tries=due.most_tries, retry_in=delay_before(due.tries + 1))
    try:
        deps.ledger.condemn(due.attempt.id, loss)
    except AppError as trouble:
        log.warning("retry.left_to_recovery", code=trouble.code, detail=trouble.message)
    return error


def _ring_later(due: Due, error: AppError, deps: Deps) -> None:
    # The row knows when the next try is due; the alarm only makes it punctual. Nobody is woken for a store that is
    # out: the schedule looks in, with one upload for all.
    if error.failure_class not in {"transient", "ambiguous"} or is_spent(
        error.failure_class, due.tries, due.most_tries
    ):
        return
    try:
        deps.alarm.ring_at(due.attempt.upload_id, pause_before(due.tries + 1, error))
    except AppError as trouble:
        log.warning("retry.alarm_failed", code=trouble.code, detail=trouble.message)
