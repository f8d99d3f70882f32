"""What a run was like: how often it went well, how long each phase took, and what went wrong."""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Measures:
    """Filled in by many threads."""

    phases: dict[str, list[float]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    tries: dict[int, int] = field(default_factory=dict)
    stored: int = 0
    began: float = field(default_factory=time.perf_counter)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time it, if it goes well."""
        started = time.perf_counter()
        yield
        with self._lock:
            self.phases.setdefault(name, []).append(time.perf_counter() - started)

    def failed(self, number: int, why: str) -> None:
        with self._lock:
            self.failures[why] += 1
            self.tries[number] = self.tries.get(number, 0) + 1

    def succeeded(self, number: int) -> None:
        with self._lock:
            self.stored += 1
            self.tries.setdefault(number, 0)

    def report(self, wanted: int, size: int) -> dict[str, object]:
        """All of it in numbers; seconds are seconds."""
        seconds = time.perf_counter() - self.began
        at_first = sum(1 for failed in self.tries.values() if failed == 0)
        return {
            "photos": wanted,
            "bytes_each": size,
            "stored": self.stored,
            "at_first_try_percent": round(100 * at_first / wanted, 2),
            "in_the_end_percent": round(100 * self.stored / wanted, 2),
            "phases": {name: _percentiles(taken) for name, taken in sorted(self.phases.items())},
            "photos_per_second": round(self.stored / seconds, 2),
            "megabytes_per_second": round(self.stored * size / seconds / 1e6, 2),
            "seconds": round(seconds, 1),
            "peak_memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "failures": dict(self.failures.most_common()),
        }


def _percentiles(taken: list[float]) -> dict[str, float]:
    ordered = sorted(taken)
    return {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 3) for p in (50, 95, 99)}
