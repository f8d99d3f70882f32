"""The messages we send: a bell for the publisher, an alarm for the retry worker, and news for the world."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from shared.aws.sqs import MOST_AT_ONCE, Sent
from shared.photos import News

# Asks the organisation's own service to look at a photo.
DETECT: Final = "photo.detect"
LONGEST_DELAY: Final = 900  # what a queue can hold back; the schedule covers the rest


class Queue(Protocol):
    """What is needed of a queue."""

    def send(self, body: str, attributes: Mapping[str, str] | None = None, *, delay: int = 0) -> str: ...
    def send_batch(self, bodies: Mapping[str, str], attributes: Mapping[str, str] | None = None) -> Sent: ...


NO_QUEUES: Final[Mapping[str, Queue]] = {}


class QueueBell:
    """One message says: there may be news. It says no more, so that it may be lost or doubled."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def ring(self) -> None:
        self._queue.send('{"ring": "outbox"}')


class QueueAlarm:
    """A delayed message names one upload; whether it is due, the ledger decides."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def ring_at(self, upload_id: UUID, seconds: float) -> None:
        """Ring a little late rather than early: what is not due yet would wait for the schedule."""
        if seconds <= LONGEST_DELAY:
            self._queue.send(json.dumps({"upload_id": str(upload_id)}), delay=min(LONGEST_DELAY, int(seconds) + 2))


class QueuePublisher:
    """News to the queue of its topic, ten at a time, each with an id that stays the same however often it is told."""

    def __init__(self, queue: Queue, special: Mapping[str, Queue] = NO_QUEUES) -> None:
        self._queue = queue
        self._special = special

    def tell(self, news: Sequence[News]) -> dict[int, str]:
        refused: dict[int, str] = {}
        for topic in {item.topic for item in news}:
            refused |= self._tell_topic(topic, [item for item in news if item.topic == topic])
        return refused

    def _tell_topic(self, topic: str, news: Sequence[News]) -> dict[int, str]:
        refused: dict[int, str] = {}
        for start in range(0, len(news), MOST_AT_ONCE):
            page = news[start : start + MOST_AT_ONCE]
            sent = self._special.get(topic, self._queue).send_batch({str(item.id): _body(item) for item in page})
            refused.update({int(key): why for key, why in sent.failed.items()})
        return refused


def _body(item: News) -> str:
    if item.topic == DETECT:
        # Its reader was there before us, and takes exactly these fields.
        return json.dumps(dict(item.payload))
    told = {"event_id": str(item.event_id), "topic": item.topic, "org_id": str(item.org_id), **item.payload}
    return json.dumps(told)
