"""From the outbox to those who wait for news: after the commit, at least once, and never in a client's way."""

from shared.deps import Deps
from shared.errors import AppError
from shared.faults import Point, point
from shared.log import log
from shared.photos import News

BATCH = 100


def ring(deps: Deps) -> None:
    """Wake the publisher. When the bell is broken, it wakes by itself within a minute."""
    try:
        deps.bell.ring()
    except AppError as error:
        log.warning("outbox.bell_failed", code=error.code, detail=error.message)


def publish_due(deps: Deps) -> int:
    """Tell what is due, batch after batch, until nothing is; return how much was told."""
    told = 0
    while news := deps.outbox.take(BATCH):
        point(Point.OUTBOX_TAKEN)
        told += _tell(news, deps)
        if len(news) < BATCH:
            break
    return told


def _tell(news: list[News], deps: Deps) -> int:
    try:
        refused = deps.publisher.tell(news)
    except AppError as error:
        deps.outbox.unpublished([item.id for item in news], error.message)
        log.warning("outbox.not_told", count=len(news), code=error.code, detail=error.message)
        return 0
    point(Point.OUTBOX_SENT)
    told = [item.id for item in news if item.id not in refused]
    deps.outbox.published(told)
    for item_id, why in refused.items():
        deps.outbox.unpublished([item_id], why)
    log.info("outbox.told", count=len(told), refused=len(refused))
    return len(told)
