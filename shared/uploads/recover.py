"""What was left half-done is finished or taken back: dead holders, condemned objects, untold news."""

from dataclasses import dataclass
from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError, Refused, UploadNotReady
from shared.faults import Point, point
from shared.log import log
from shared.photos import AttemptState, Caller, Condemned
from shared.photos.stages import derived_under
from shared.resilience.budget import Budget
from shared.uploads.complete import complete
from shared.uploads.publish import publish_due

BATCH = 50
# Two absent looks must be this far apart before an object is believed to be gone.
PAUSE = 300.0
# What one more item may take, at the worst: nothing is begun that could be cut off.
ONE_ITEM = 3.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one run did."""

    completed: int
    abandoned: int
    looked: int
    reaped: int
    told: int


def recover(deps: Deps, budget: Budget) -> Recovered:
    """One run. Any number of them may run at once, or die anywhere: the next one goes on."""
    completed = _finish_direct(deps, budget)
    abandoned, _ = deps.recovery.abandon(BATCH)
    point(Point.RECOVER_ABANDONED)
    looked, reaped = reap(deps, budget)
    done = Recovered(completed, abandoned, looked, reaped, publish_due(deps))
    log.info(
        "recover.done", completed=done.completed, abandoned=abandoned, looked=looked, reaped=reaped, told=done.told
    )
    return done


def _finish_direct(deps: Deps, budget: Budget) -> int:
    """A client that vanished after its PUT, and an event that was lost, still make a photo."""
    completed = 0
    for caller, upload_id in deps.recovery.expired_direct(BATCH):
        if not budget.allows(ONE_ITEM):
            break
        completed += _finish_one(caller, upload_id, deps, budget)
    return completed


def _finish_one(caller: Caller, upload_id: UUID, deps: Deps, budget: Budget) -> int:
    log.bind(upload_id=upload_id)
    try:
        upload = deps.photos.find_any(upload_id)
        if upload is not None:
            complete(upload, deps, budget)
            return 1
    except UploadNotReady:
        pass
    except Refused:
        # Nothing came, or nothing good: the row is freed, so that the same key may begin again.
        deps.recovery.abandon(1, only=upload_id)
    except AppError as error:
        log.warning("recover.later", code=error.code, detail=error.message, actor_id=caller.actor_id)
    return 0


def reap(deps: Deps, budget: Budget) -> tuple[int, int]:
    """Delete what was condemned, and keep looking until it can no longer reappear: (looks, reaped)."""
    looked = reaped = 0
    while budget.allows(ONE_ITEM) and (taken := deps.recovery.take_condemned(BATCH, PAUSE)):
        point(Point.REAP_TAKEN)
        for condemned in taken:
            looked += 1
            reaped += _reap_one(condemned, deps)
            if not budget.allows(ONE_ITEM):
                break
    return looked, reaped


def _reap_one(condemned: Condemned, deps: Deps) -> bool:
    try:
        was_there = deps.store(condemned.store).delete(condemned.object_name)
        # A worker that claimed the photo before it went may still write, for less than the pause between two looks.
        was_there |= deps.direct_store.delete_under(derived_under(condemned.object_name))
    except AppError as error:
        deps.recovery.saw_trouble(condemned.id, f"{error.code}: {error.message}")
        log.warning("reap.later", object_name=condemned.object_name, code=error.code)
        return False
    point(Point.REAP_DELETED)
    if was_there:
        deps.recovery.saw_present(condemned.id)
        log.info("reap.deleted", object_name=condemned.object_name)
        return False
    return deps.recovery.saw_absent(condemned.id, PAUSE) is AttemptState.REAPED
