"""How often an upload may be tried again, by what failed, and what is left of it afterwards."""

from shared.errors import AppError, FailureClass, RetriesExhausted
from shared.photos import Loss, Reply
from shared.uploads.schedule import MOST_TRIES, delay_before

# What fails for a reason nobody knows may fail for ever: the schedule finds that out sooner.
AMBIGUOUS_TRIES = 2


def is_spent(failure_class: FailureClass, tries: int, most_tries: int) -> bool:
    """Whether this was the last of the tries. What is permanent has none, and an outage spends none."""
    if failure_class == "transient":
        return tries >= most_tries
    if failure_class == "ambiguous":
        # More than the schedule's own means that a person asked.
        return tries >= (most_tries if most_tries > MOST_TRIES else AMBIGUOUS_TRIES)
    return False


def pause_before(try_number: int, error: AppError) -> float:
    """Until this try: what the schedule says, or what the provider asked for where that is longer."""
    return _longer(delay_before(try_number), error)


def loss_of(
    error: AppError, *, tries: int, most_tries: int, retry_in: float | None, keep_lease: bool = False
) -> Loss:
    """What the ledger is told of a failed try. The last one ends the upload, and keeps its bytes for a person."""
    exhausted = is_spent(error.failure_class, tries, most_tries)
    told = RetriesExhausted(f"Max retries exceeded. Last: {error.message}") if exhausted else error
    final = told.failure_class == "permanent"
    return Loss(
        failure_class=told.failure_class,
        failure_type=error.code,
        detail=told.message,
        reply=Reply(told.status, {"code": told.code, "message": told.message}) if final else None,
        keep_lease=keep_lease,
        keep_parked=exhausted,
        retry_in=None if retry_in is None else _longer(retry_in, error),
    )


def _longer(seconds: float, error: AppError) -> float:
    return max(seconds, float(error.retry_after or 0))
