"""How photos get the vectors of another model: a few at a time, behind the new ones, and never twice."""

from shared.deps import Deps
from shared.log import log

# No more of them wait than these: new photos have just as many before them.
MOST_WAITING = 50


def backfill(model: str, deps: Deps) -> int:
    """Make due what has no vector of this model. Whoever stops goes on later: the rows say what is left."""
    due = deps.stages.backfill(model, MOST_WAITING)
    if due:
        log.info("embed.backfill", model=model, count=due)
    return due
