"""What is known of webhooks and of what they are told: values, and the words for how a question ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

MOST_WEBHOOKS: Final = 20


class HookVerdict(StrEnum):
    """What the database answers to somebody who wants something of webhooks."""

    GO = "go"
    REPLAY = "replay"
    REUSED = "reused"
    FULL = "full"
    ENDED = "ended"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address, what it is told of, and since when it is not any more. The secret is known where it was made."""

    id: UUID
    url: str
    topics: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None
    ended_why: str | None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook, and how far it got."""

    id: UUID
    webhook_id: UUID
    event_id: UUID
    topic: str
    payload: Mapping[str, object]
    state: str
    due_at: datetime | None
    tries: int
    last_status: int | None
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery in the hands of one courier, and where it goes; nowhere any more, if the webhook has ended."""

    id: UUID
    org_id: UUID
    webhook_id: UUID
    event_id: UUID
    topic: str
    payload: Mapping[str, object]
    created_at: datetime
    tries: int
    url: str = field(repr=False)
    secret: str = field(repr=False)
    ended: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a delivery did not arrive; for how long the webhook is left in peace; and whether that was the last try."""

    status: int | None
    error: str
    rest: float
    over: bool
