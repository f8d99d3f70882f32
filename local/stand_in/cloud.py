"""One running cloud: its name, its credentials and all that it remembers."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from local.stand_in.assets import Assets
from local.stand_in.faults import Faults, Operation
from local.stand_in.rate_limit import RateLimit


class Calls:
    """How often each operation was called, faults included: what a caller sent is what it is billed for."""

    def __init__(self) -> None:
        self._counts: Counter[Operation] = Counter()
        self._lock = Lock()

    def count(self, operation: Operation) -> None:
        with self._lock:
            self._counts[operation] += 1

    def listed(self) -> dict[str, int]:
        with self._lock:
            return {operation.value: self._counts[operation] for operation in Operation}

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()


@dataclass(slots=True)
class Cloud:
    """One cloud: its name, its credentials and all that it remembers."""

    name: str
    api_key: str
    api_secret: str
    assets: Assets
    clock: Callable[[], float]
    rate_limit: RateLimit
    stopping: Event
    # Waits so many seconds, or less when the cloud stops: True tells that it did.
    wait: Callable[[float], bool]
    base_url: str = ""
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)


def open_cloud(
    name: str, *, api_key: str, api_secret: str, home: Path, clock: Callable[[], float] = time.time
) -> Cloud:
    stopping = Event()
    return Cloud(
        name=name,
        api_key=api_key,
        api_secret=api_secret,
        assets=Assets(home / "assets"),
        clock=clock,
        rate_limit=RateLimit(clock),
        stopping=stopping,
        wait=stopping.wait,
    )
