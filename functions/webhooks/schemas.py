"""What may be asked of webhooks: one to be told at an address, and what became of each delivery."""

import re
from typing import Literal

from pydantic import Field, StrictStr, field_validator

from shared.edge.parse import Body
from shared.hooks.manage import LONGEST_URL

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100


class WebhookRequest(Body):
    """Where to, and of what; of everything, if nothing is named."""

    url: StrictStr = Field(min_length=10, max_length=LONGEST_URL)
    topics: frozenset[Literal["photo.committed", "photo.completed", "photo.deleted", "photo.failed"]] = frozenset()


class DeliveriesQuery(Body):
    """The query of a list."""

    state: Literal["due", "delivered", "dead"] | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = Field(default=None, max_length=500)

    @field_validator("limit", mode="before")
    @classmethod
    def _clamped(cls, given: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]{0,99}", given):
            raise ValueError(f"send a whole number from 1; more than {LARGEST_LIMIT} count as {LARGEST_LIMIT}")
        return min(int(given), LARGEST_LIMIT)
