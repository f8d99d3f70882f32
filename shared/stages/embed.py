"""How a processed photo becomes searchable: its display goes to the model, and the vector is kept beside it."""

from uuid import UUID

from shared.deps import Deps
from shared.errors import StoreUnavailable
from shared.faults import Point, point
from shared.log import log
from shared.photos import RatePolicy
from shared.photos.stages import Work
from shared.resilience.budget import Budget
from shared.search.embedder import Embedder
from shared.stages.setback import attempt

LEASE_SECONDS = 120
ONE_PHOTO = 15.0
EMBED_SECONDS = 10.0


def embed(photo_id: UUID, deps: Deps, budget: Budget) -> bool:
    """Embed one photo, if that is due, and if the model may be asked now. A message about it is only a hint."""
    log.bind(photo_id=photo_id)
    embedder = deps.embedder
    if embedder is None or not budget.allows(ONE_PHOTO):
        log.info("embed.left_to_the_sweep")
        return False
    work = deps.stages.claim_embed(photo_id, LEASE_SECONDS, _rate(deps.embed_per_minute))
    if work is None:
        return False
    point(Point.EMBED_CLAIMED)
    return attempt(work, deps, lambda: _embed(work, embedder, deps, budget), model=embedder.model)


def _embed(work: Work, embedder: Embedder, deps: Deps, budget: Budget) -> bool:
    vector = embedder.of_image(_display(work, deps), budget.timeout(EMBED_SECONDS))
    if not deps.stages.embedded(work, embedder.model, vector):
        log.info("embed.not_ours_any_more")
        return False
    point(Point.EMBED_DONE)
    log.info("embed.done", tries=work.tries, model=embedder.model)
    return True


def _display(work: Work, deps: Deps) -> bytes:
    """Read what people see: it is small, upright, and holds no word about where it was taken."""
    display = deps.direct_store.read(work.display_name or "", 0, work.display_bytes)
    if len(display) != work.display_bytes:
        raise StoreUnavailable("The display of this photo is not whole.", failure_type="other_content")
    return display


def _rate(per_minute: int) -> RatePolicy:
    return RatePolicy("embed", per_minute, per_minute / 60)
