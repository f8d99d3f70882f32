"""How the parts are made that bring an upload to its end when its door could not."""

from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.bootstrap.parts import Parts
from shared.settings import AlarmSettings, BellSettings, DatabaseSettings

if TYPE_CHECKING:
    from shared.aws.messages import QueueAlarm, QueueBell
    from shared.db.parking import PostgresParking
    from shared.db.recovery import PostgresRecovery
    from shared.db.retention import PostgresRetention
    from shared.db.retries import PostgresRetries


class RecoveryParts(Parts):
    @cached_property
    def parking(self) -> "PostgresParking":
        from shared.db.parking import PostgresParking  # noqa: PLC0415

        return PostgresParking(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    @cached_property
    def retries(self) -> "PostgresRetries":
        from shared.db.retries import PostgresRetries  # noqa: PLC0415

        return PostgresRetries(self._database)

    @cached_property
    def recovery(self) -> "PostgresRecovery":
        from shared.db.recovery import PostgresRecovery  # noqa: PLC0415

        return PostgresRecovery(self._database)

    @cached_property
    def retention(self) -> "PostgresRetention":
        from shared.db.retention import PostgresRetention  # noqa: PLC0415

        return PostgresRetention(self._database)

    @cached_property
    def bell(self) -> "QueueBell":
        from shared.aws.messages import QueueBell  # noqa: PLC0415

        return QueueBell(self._queue(BellSettings, "bell_queue_url"))

    @cached_property
    def alarm(self) -> "QueueAlarm":
        from shared.aws.messages import QueueAlarm  # noqa: PLC0415

        return QueueAlarm(self._queue(AlarmSettings, "alarm_queue_url"))
