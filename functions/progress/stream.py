"""What news look like to an EventSource: events that end, and when to come back for more."""

from collections.abc import Mapping

from shared.edge.response import to_json
from shared.photos.progress import Position, Updates
from shared.uploads.progress import stats_view

TYPE = "text/event-stream; charset=utf-8"
# How long the browser waits before it asks again, and how long when more is waiting than was told.
PAUSE_MS, HURRY_MS = 5_000, 100


def stream_of(updates: Updates) -> str:
    """All of it at once: no connection is held, and no second of ours is spent on waiting."""
    told = [_event(event.position, event.kind, {"type": event.kind, **event.facts}) for event in updates.events]
    progress = _event(updates.position, "progress", {"type": "progress", **stats_view(updates.stats)})
    pause = f"retry: {HURRY_MS if updates.more else PAUSE_MS}\n\n"
    return "".join([pause, *told, progress])


def _event(position: Position, kind: str, data: Mapping[str, object]) -> str:
    return f"id: {position.xid}-{position.id}\nevent: {kind}\ndata: {to_json(data)}\n\n"
