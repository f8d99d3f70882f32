"""What follows when a stage could not be done: it is due again, later and later, or it is over."""

from collections.abc import Callable

from shared.deps import Deps
from shared.errors import AppError, DatabaseUnavailable, RetriesExhausted
from shared.log import log
from shared.photos.stages import Setback, Work
from shared.resilience.schedule import MOST_TRIES, delay_before

# While a provider as a whole is down, it is asked at this pace, and nobody's tries are spent.
OUTAGE_SECONDS = 300.0
LONGEST_DETAIL = 500
# What kills its decoder once may have met a machine that was short of memory. Twice is the photo.
POISON = "decoder_died"


def attempt(work: Work, deps: Deps, do: Callable[[], bool], *, model: str | None = None) -> bool:
    """Do it, or write down why not. False: it is not done, or it was not for this worker to do any more."""
    try:
        _require_a_try(work)
        return do()
    except DatabaseUnavailable:
        # The only place to write it down: the lease will end, and the sweep will find the work.
        raise
    except AppError as error:
        setback = setback_of(work, error)
        why = {"code": error.code, "detail": error.message, "reason": error.facts.get("reason")}
        log.warning("stage.set_back", stage=work.stage, over=setback.over, tries=work.tries, **why)
        deps.stages.set_back(work, setback, model)
        return False


def setback_of(work: Work, error: AppError) -> Setback:
    """Decide what follows from an error, by its class alone."""
    outage = error.failure_class == "outage"
    spent_all = work.tries > MOST_TRIES and not outage
    over = error.failure_class == "permanent" or spent_all or (error.code == POISON == work.last_error)
    told = RetriesExhausted.__doc__ if spent_all and error.failure_class != "permanent" else ""
    return Setback(
        error_class=error.failure_class,
        error_type=str(error.facts.get("failure_type") or error.code),
        detail=f"{told} {error.message}".strip()[:LONGEST_DETAIL],
        over=over,
        retry_in=max(OUTAGE_SECONDS if outage else delay_before(work.tries), float(error.retry_after or 0)),
        spent=not outage,
    )


def _require_a_try(work: Work) -> None:
    """Stop what took one worker after the other with it: none of them could write that down."""
    if work.tries > MOST_TRIES + 1:
        raise RetriesExhausted
