"""How the parts are made that tell others of photos."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.parts import Parts
from shared.settings import CourierSettings, NewsSettings

if TYPE_CHECKING:
    from shared.aws.messages import Publisher, QueueBell
    from shared.db.courier import PostgresCourier
    from shared.db.deliveries import PostgresDeliveries
    from shared.db.outbox import PostgresOutbox
    from shared.db.webhooks import PostgresWebhooks


class NewsParts(Parts):
    @cached_property
    def outbox(self) -> "PostgresOutbox":
        from shared.db.outbox import PostgresOutbox  # noqa: PLC0415

        return PostgresOutbox(self._database)

    @cached_property
    def publisher(self) -> "Publisher":
        from shared.aws.events import EventBus  # noqa: PLC0415
        from shared.aws.messages import Publisher  # noqa: PLC0415

        settings = self._get(NewsSettings)
        bus = EventBus(settings.event_bus_name, self._reach(settings))
        queue, detection = (self._queue(NewsSettings, f"{name}_queue_url") for name in ("news", "detection"))
        return Publisher(queue, bus, detection)

    @cached_property
    def webhooks(self) -> "PostgresWebhooks":
        from shared.db.webhooks import PostgresWebhooks  # noqa: PLC0415

        return PostgresWebhooks(self._database)

    @cached_property
    def deliveries(self) -> "PostgresDeliveries":
        from shared.db.deliveries import PostgresDeliveries  # noqa: PLC0415

        return PostgresDeliveries(self._database)

    @cached_property
    def courier(self) -> "PostgresCourier":
        from shared.db.courier import PostgresCourier  # noqa: PLC0415

        return PostgresCourier(self._database)

    @cached_property
    def courier_bell(self) -> "QueueBell":
        from shared.aws.messages import QueueBell  # noqa: PLC0415

        return QueueBell(self._queue(CourierSettings, "courier_queue_url"), "courier")
