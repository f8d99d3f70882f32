"""From what is due to what arrived: several deliveries at a time, none of them longer than its share."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.db.hook_facts import Due, Failure
from shared.errors import AppError
from shared.hooks.sign import body_of, headers_of
from shared.log import log
from shared.resilience.schedule import DELAYS

if TYPE_CHECKING:
    from shared.deps import Deps
    from shared.deps.imports import Fetcher
    from shared.resilience.budget import Budget

# The first try, and one after each pause of the schedule.
MOST_TRIES: Final = len(DELAYS) + 1
POST_SECONDS: Final = 10.0
ONE_ROUND: Final = POST_SECONDS + 5
AT_ONCE: Final = 16
# One receiver that is slow or has much to hear leaves room for the others.
EACH_AT_ONCE: Final = 8
# Whoever failed is not asked for so long: neither is it trodden on, nor do its tries take the time of others.
REST: Final = 10.0
GONE: Final = 410
_STATUS: Final = re.compile(r"status ([0-9]{3})").fullmatch


@dataclass(frozen=True, slots=True)
class Carried:
    """What one run did."""

    delivered: int = 0
    failed: int = 0


def deliver_due(deps: "Deps", budget: "Budget", now: Callable[[], float] = time.time) -> Carried:
    """Deliver what is due, round after round, while the time allows for one more."""
    delivered = failed = 0
    while budget.allows(ONE_ROUND) and (taken := deps.courier.take(AT_ONCE, EACH_AT_ONCE, DELAYS)):
        live = [due for due in taken if not due.ended]
        for due, sent in _posted(live, deps.fetcher, now):
            arrived = _settled(due, sent, deps)
            delivered, failed = delivered + arrived, failed + (not arrived)
    return Carried(delivered, failed)


def _posted(live: Sequence[Due], fetcher: "Fetcher", now: Callable[[], float]) -> Iterator[tuple[Due, "Future[int]"]]:
    """Each as soon as it is done, whatever the others do."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = {pool.submit(_post, due, fetcher, now): due for due in live}
        for done in as_completed(sent):
            yield sent[done], done


def _post(due: Due, fetcher: "Fetcher", now: Callable[[], float]) -> int:
    body = body_of(due)
    return fetcher.post(due.url, body, headers_of(due, body, int(now())), seconds=POST_SECONDS).status


def _settled(due: Due, sent: "Future[int]", deps: "Deps") -> bool:
    try:
        status = sent.result()
    except AppError as error:
        _not_delivered(due, error, deps)
        return False
    except Exception as error:  # noqa: BLE001 - one poisonous delivery must not take the others with it
        log.bug("delivery.bug", error)
        _not_delivered(due, AppError(), deps)
        return False
    deps.courier.delivered(due, status)
    return True


def _not_delivered(due: Due, error: AppError, deps: "Deps") -> None:
    status = _status_of(error)
    log.warning(
        "delivery.failed",
        delivery_id=due.id,
        webhook_id=due.webhook_id,
        tries=due.tries,
        code=error.code,
        detail=error.message,
    )
    if status == GONE:
        deps.courier.refused_for_good(due, status, "The receiver answered 410 Gone: that ended the webhook.")
        return
    rest = max(REST, float(error.retry_after or 0))
    deps.courier.not_delivered(due, Failure(status, error.message, rest, over=due.tries >= MOST_TRIES))


def _status_of(error: AppError) -> int | None:
    """What the receiver answered, if it answered at all."""
    found = _STATUS(str(error.facts.get("reason", "")))
    return int(found[1]) if found else None
