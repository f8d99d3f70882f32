"""How a committed photo gets its renditions: read, derived in a child, stored, and written down in one question."""

from uuid import UUID

from shared.deps import Deps
from shared.errors import AppError
from shared.faults import Point, point
from shared.imaging.derived import Derived
from shared.log import log
from shared.photos.stages import Made, Stage, Work
from shared.resilience.budget import Budget
from shared.stages.derived import pipeline, store
from shared.stages.original import read_original
from shared.stages.setback import attempt

# Longer than the function may run: who is killed cannot come back. And shorter than the pause between two looks at
# a condemned name: what a late worker writes under it is found by the second look.
LEASE_SECONDS = 180
# What one photo may take, at the worst; nothing is begun that could be cut off.
ONE_PHOTO = 60.0
DERIVE_SECONDS = 25.0


def process(photo_id: UUID, deps: Deps, budget: Budget) -> bool:
    """Process one photo, if it is due. Any message about it is only a hint; this may be asked at any time."""
    log.bind(photo_id=photo_id)
    if not budget.allows(ONE_PHOTO):
        log.info("process.left_to_the_sweep")
        return False
    work = deps.stages.claim_process(photo_id, LEASE_SECONDS)
    if work is None:
        return False
    point(Point.PROCESS_CLAIMED)
    return attempt(work, deps, lambda: _process(work, deps, budget))


def _process(work: Work, deps: Deps, budget: Budget) -> bool:
    derived = deps.render(read_original(work, deps, budget), DERIVE_SECONDS)
    made = _stored(work, derived, deps, budget)
    point(Point.PROCESS_STORED)
    embeds = deps.embedder is not None
    if not deps.stages.processed(work, made, embeds=embeds):
        # Deleted, mended or taken over meanwhile. What was just stored goes with its attempt.
        log.info("process.not_ours_any_more")
        return False
    point(Point.PROCESS_DONE)
    log.info("process.done", tries=work.tries, animated=made.animated)
    _tell(work, deps, embeds=embeds)
    return True


def _stored(work: Work, derived: Derived, deps: Deps, budget: Budget) -> Made:
    pictures = {"display": derived.display, "thumb": derived.thumb}
    return Made(
        made_by=pipeline(),
        width=derived.width,
        height=derived.height,
        exif=derived.exif,
        warnings=derived.warnings,
        placeholder=derived.placeholder,
        animated=derived.animated,
        renditions={kind: store(work, kind, picture, deps, budget) for kind, picture in pictures.items()},
    )


def _tell(work: Work, deps: Deps, *, embeds: bool) -> None:
    """Wake those who come next. What is lost here, they find by themselves within a minute."""
    try:
        deps.bell.ring()
        if embeds:
            deps.hints(Stage.EMBED).tell([work.photo_id])
    except AppError as error:
        log.warning("process.not_told", code=error.code, detail=error.message)
