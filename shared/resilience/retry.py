"""When a failed call is tried again: for named errors, a few times, inside the time there is."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import AppError, Unavailable
from shared.resilience.budget import Budget

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wait:
    """One pause before a repeat: which attempt failed, why, and how long until the next."""

    attempt: int
    seconds: float
    error: AppError


def retry(
    call: Callable[[], T],
    *,
    on: tuple[type[AppError], ...],
    budget: Budget,
    attempts: int = 4,
    base: float = 1.0,
    cap: float = 8.0,
    needs: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
    before_wait: Callable[[Wait], None] = lambda _: None,
) -> T:
    """Call until it succeeds: four attempts are a try and the three repeats after 1, 2 and 4 seconds.

    `needs` is what one attempt may take: no wait is begun unless it and the attempt after it fit the budget.
    """
    if not budget.allows(needs):
        raise Unavailable("There is no time left to try this. Send it again.", retry_after=1)
    for attempt in range(1, attempts):
        try:
            return call()
        except on as error:
            pause = _pause(error, min(cap, base * 2 ** (attempt - 1)), jitter())
            if not budget.allows(pause + needs):
                raise
            before_wait(Wait(attempt, pause, error))
        sleep(pause)
    return call()


def _pause(error: AppError, backoff: float, chance: float) -> float:
    # Half is kept: a full jitter of nearly nothing repeats into the same trouble.
    jittered = backoff / 2 + backoff / 2 * chance
    # Everybody was told the same moment: the jitter comes on top of it, so that not all return at once.
    return jittered if error.retry_after is None else error.retry_after + backoff / 2 * chance
