"""What may be asked of webhooks: one to be told at an address, and what became of each delivery."""

from typing import Literal

from pydantic import Field, StrictStr

from shared.edge.parse import Body
from shared.edge.query import PageQuery
from shared.hooks.manage import LONGEST_URL


class WebhookRequest(Body):
    """Where to, and of what; of everything, if nothing is named."""

    url: StrictStr = Field(min_length=10, max_length=LONGEST_URL)
    topics: frozenset[Literal["photo.committed", "photo.completed", "photo.deleted", "photo.failed"]] = frozenset()


class DeliveriesQuery(PageQuery):
    """The query of a list."""

    state: Literal["due", "delivered", "dead"] | None = None
