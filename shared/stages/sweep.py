"""Whether somebody was told of all that is due: messages are lost, workers die, and retries have their time."""

from shared.deps import Deps
from shared.errors import AppError
from shared.log import log
from shared.photos.stages import Stage
from shared.stages.backfill import backfill

# As many as a minute's run may send: a flood comes as a stream.
MOST_HINTS = 200
# Who was told is not told again so soon: behind a long queue, hints would only make it longer.
PAUSE = 300.0


def sweep(deps: Deps) -> int:
    """Tell the workers of what waits for them; return of how many photos."""
    if deps.embedder is None:
        return _told(Stage.PROCESS, deps)
    backfill(deps.embedder.model, deps)
    return sum(_told(stage, deps) for stage in Stage)


def _told(stage: Stage, deps: Deps) -> int:
    photo_ids = deps.stages.take_unhinted(stage, MOST_HINTS, PAUSE)
    if not photo_ids:
        return 0
    try:
        deps.hints(stage).tell(photo_ids)
    except AppError as error:
        log.warning("sweep.not_told", stage=stage, count=len(photo_ids), code=error.code, detail=error.message)
        return 0
    log.info("sweep.told", stage=stage, count=len(photo_ids))
    return len(photo_ids)
