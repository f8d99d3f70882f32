"""A store as the sagas use it: tried again where that helps, left alone while it is down, never out of time."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.errors import OutcomeUnknown, StoreBusy, StoreUnavailable
from shared.log import log
from shared.media.store import Store
from shared.metrics import emit
from shared.photos import Asset, StoredObject, StoreName
from shared.resilience.breaker import Breaker, BreakerRow
from shared.resilience.budget import Budget
from shared.resilience.retry import Wait, retry

# The longest that one put may take before its answer counts as lost.
PUT_SECONDS = 10.0
# What must still fit before another try is begun.
SHORTEST_PUT = 1.0


class GuardedStore:
    """The only place that tries a store again; its SDK is told not to."""

    def __init__(self, store: Store, breaker: Breaker, sleep: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._breaker = breaker
        self._sleep = sleep

    def put(self, name: str, asset: Asset, budget: Budget, known: Mapping[str, Any] | None = None) -> StoredObject:
        """The same bytes under the same name, as often as it takes: each try overwrites the one before.

        `known` is the breaker's row as the claim has just read it; without it, the row is read.
        """
        started = time.perf_counter()
        stored = self._breaker.call(
            lambda: self._tried(name, asset, budget),
            known=BreakerRow.of(breaker_of(self._store.name), known.get("row")) if known is not None else None,
            probe=lambda: self._once(name, asset, budget),
        )
        emit(StoreLatency=(time.perf_counter() - started) * 1000)
        return stored

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        """Once; None is a definite no."""
        return self._store.look(name, version)

    def delete(self, name: str) -> bool:
        """Once: whoever deletes comes back anyway."""
        return self._store.delete(name)

    def _tried(self, name: str, asset: Asset, budget: Budget) -> StoredObject:
        return retry(
            lambda: self._once(name, asset, budget),
            on=(StoreUnavailable, StoreBusy, OutcomeUnknown),
            budget=budget,
            needs=SHORTEST_PUT,
            sleep=self._sleep,
            before_wait=_tell,
        )

    def _once(self, name: str, asset: Asset, budget: Budget) -> StoredObject:
        return self._store.put(name, asset, budget.timeout(PUT_SECONDS))


def breaker_of(store: StoreName) -> str:
    """The name of a store's breaker, here and in the database."""
    return f"store:{store}"


def _tell(wait: Wait) -> None:
    emit(Retries=1)
    log.info("store.again", attempt=wait.attempt, wait_s=round(wait.seconds, 2), code=wait.error.code)
