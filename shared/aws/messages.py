"""The messages we send: a bell for a worker, an alarm for the retry worker, and news for the world."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from shared.aws.events import story_of
from shared.aws.sqs import MOST_AT_ONCE, Sent
from shared.errors import AppError
from shared.log import log
from shared.photos import News

# Our own worker waits for it.
COMMITTED: Final = "photo.committed"
# Asks the organisation's own service to look at a photo.
DETECT: Final = "photo.detect"
MOST_PER_ALARM: Final = 50
LONGEST_DELAY: Final = 900  # what a queue can hold back; the schedule covers the rest


class Queue(Protocol):
    """What is needed of a queue."""

    def send(self, body: str, attributes: Mapping[str, str] | None = None, *, delay: int = 0) -> str: ...
    def send_batch(self, bodies: Mapping[str, str], attributes: Mapping[str, str] | None = None) -> Sent: ...


class Bus(Protocol):
    """What is needed of an event bus."""

    def tell(self, news: Sequence[News]) -> dict[int, str]: ...


class QueueBell:
    """One message says: there may be work. It says no more, so that it may be lost or doubled."""

    def __init__(self, queue: Queue, work: str = "outbox") -> None:
        self._queue = queue
        self._message = json.dumps({"ring": work})

    def ring(self) -> None:
        self._queue.send(self._message)


class QueueAlarm:
    """A delayed message names one upload; whether it is due, the ledger decides."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def ring_at(self, upload_id: UUID, seconds: float) -> None:
        """Ring a little late rather than early: what is not due yet would wait for the schedule."""
        if seconds <= LONGEST_DELAY:
            self._queue.send(json.dumps({"upload_id": str(upload_id)}), delay=min(LONGEST_DELAY, int(seconds) + 2))

    def ring_for(self, upload_ids: Sequence[UUID]) -> None:
        """Now, so many at a time that one invocation gets through with them. Without any: for all that is due."""
        for start in range(0, len(upload_ids) or 1, MOST_PER_ALARM):
            named = [str(upload_id) for upload_id in upload_ids[start : start + MOST_PER_ALARM]]
            self._queue.send(json.dumps({"upload_ids": named}))


class QueueHints:
    """Messages that name one photo each. The ledger knows what it needs, so a message may be lost or doubled."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def tell(self, photo_ids: Sequence[UUID]) -> None:
        """Ten at a time. What the queue refuses is told again by the sweep."""
        for start in range(0, len(photo_ids), MOST_AT_ONCE):
            page = photo_ids[start : start + MOST_AT_ONCE]
            bodies = {str(n): json.dumps({"topic": COMMITTED, "photo_id": str(each)}) for n, each in enumerate(page)}
            self._queue.send_batch(bodies)


class Publisher:
    """News to each place that waits for its topic: what one place does not take is not told yet, to anybody."""

    def __init__(self, queue: Queue, bus: Bus, detection: Queue) -> None:
        self._queue = queue
        self._bus = bus
        self._detection = detection

    def tell(self, news: Sequence[News]) -> dict[int, str]:
        refused = self._tell([item for item in news if item.topic == COMMITTED], self._send)
        refused |= self._tell([item for item in news if item.topic == DETECT], self._ask_detection)
        return refused | self._tell([item for item in news if item.topic != DETECT], self._bus.tell)

    def _tell(self, news: Sequence[News], place: Callable[[Sequence[News]], dict[int, str]]) -> dict[int, str]:
        refused: dict[int, str] = {}
        for start in range(0, len(news), MOST_AT_ONCE):
            page = news[start : start + MOST_AT_ONCE]
            try:
                refused |= place(page)
            except AppError as error:
                # Whoever waits at another place for other news does not suffer from it.
                log.warning("news.refused", count=len(page), code=error.code, detail=error.message, **error.facts)
                refused |= {item.id: error.message for item in page}
        return refused

    def _send(self, news: Sequence[News]) -> dict[int, str]:
        return _refused(self._queue.send_batch({str(item.id): json.dumps(story_of(item)) for item in news}))

    def _ask_detection(self, news: Sequence[News]) -> dict[int, str]:
        # Its reader was there before us, and takes exactly these fields.
        return _refused(self._detection.send_batch({str(item.id): json.dumps(dict(item.payload)) for item in news}))


def _refused(sent: Sent) -> dict[int, str]:
    return {int(key): why for key, why in sent.failed.items()}
