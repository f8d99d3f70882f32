"""How long photos take and how much is waiting, as a dashboard is told."""

from collections.abc import Mapping

from shared.deps import Deps
from shared.errors import Forbidden
from shared.photos import WRITERS, Caller

WINDOWS = ("last_hour", "last_day")
MEASURED = ("upload", "processing", "embedding")
QUEUES = ("process", "embed", "parked")
PERCENTILES = ("p50", "p95", "p99")


def telemetry_of(caller: Caller, deps: Deps) -> dict[str, object]:
    """Percentiles in milliseconds, and queues; what there is nothing of is named all the same."""
    found = deps.telemetry.read(caller)
    if found.role not in WRITERS:
        raise Forbidden("Viewers are not shown telemetry. Ask an admin of the organisation for the member role.")
    latency = {
        window: {what: _latency(found.took.get(what, {}).get(window, {})) for what in MEASURED} for window in WINDOWS
    }
    queues = {what: _queue(found.waits.get(what, {})) for what in QUEUES}
    return {"latency_ms": latency, "queues": queues, "timestamp": found.at}


def _latency(facts: object) -> Mapping[str, object]:
    found = facts if isinstance(facts, dict) else {}
    taken = found.get("ms") or [None] * len(PERCENTILES)
    rounded = (None if ms is None else round(ms, 1) for ms in taken)
    return {"count": found.get("count", 0), **dict(zip(PERCENTILES, rounded, strict=True))}


def _queue(found: Mapping[str, object]) -> Mapping[str, object]:
    return {"depth": found.get("depth", 0), "oldest_seconds": found.get("age")}
