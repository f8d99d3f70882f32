"""What tells others of photos: the outbox, who publishes it, and organisations' webhooks."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.deps.recovery import Bell
from shared.photos import Caller, News

if TYPE_CHECKING:
    from datetime import datetime

    from shared.db.hook_facts import Delivery, Failure, HookVerdict, Webhook
    from shared.db.hook_facts import Due as DueDelivery


class Outbox(Protocol):
    """What must be told to others."""

    def take(self, limit: int) -> list[News]: ...
    def published(self, ids: list[int]) -> None: ...
    def unpublished(self, ids: list[int], error: str) -> None: ...


class Publisher(Protocol):
    """Tells news; answers with what was refused, and why, by its id."""

    def tell(self, news: Sequence[News]) -> Mapping[int, str]: ...


class Webhooks(Protocol):
    """Where organisations want to be told; see `shared.db.webhooks`."""

    def make(
        self, caller: Caller, webhook_id: UUID, url: str, topics: Collection[str], secret: str
    ) -> "tuple[HookVerdict, Webhook | None]": ...
    def all(self, caller: Caller) -> "tuple[HookVerdict, list[Webhook]]": ...
    def end(self, caller: Caller, webhook_id: UUID) -> "tuple[HookVerdict, Webhook | None]": ...


class Deliveries(Protocol):
    """What became of each event there; see `shared.db.deliveries`."""

    def page(
        self,
        caller: Caller,
        webhook_id: UUID,
        *,
        states: Collection[str],
        after: "tuple[datetime, UUID] | None",
        limit: int,
    ) -> "tuple[HookVerdict, list[Delivery]]": ...
    def resend(self, caller: Caller, delivery_id: UUID) -> "tuple[HookVerdict, Delivery | None]": ...
    def test(self, caller: Caller, webhook_id: UUID, event_id: UUID) -> "tuple[HookVerdict, Delivery | None]": ...


class Courier(Protocol):
    """Hands out what must be delivered now; see `shared.db.courier`."""

    def take(self, limit: int, each: int, delays: Sequence[float]) -> "list[DueDelivery]": ...
    def delivered(self, due: "DueDelivery", status: int) -> None: ...
    def not_delivered(self, due: "DueDelivery", failure: "Failure") -> None: ...
    def refused_for_good(self, due: "DueDelivery", status: int, error: str) -> None: ...


class NewsDeps(Protocol):
    """What tells others of photos."""

    @property
    def outbox(self) -> Outbox: ...
    @property
    def publisher(self) -> Publisher: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def courier(self) -> Courier: ...
    @property
    def courier_bell(self) -> Bell: ...
