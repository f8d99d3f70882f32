"""How the parts are made that watch over a deployment."""

from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.bootstrap.parts import Parts
from shared.settings import AlertSettings, AuditSettings, TopicSettings

if TYPE_CHECKING:
    from shared.aws.topics import SnsTopic
    from shared.db.audits import PostgresAudits
    from shared.db.failure_pages import PostgresFailures
    from shared.db.health import DatabaseHealth
    from shared.db.incidents import PostgresIncidents
    from shared.db.reports import PostgresReports


class OversightParts(Parts):
    @cached_property
    def audits(self) -> "PostgresAudits":
        from shared.db.audits import PostgresAudits  # noqa: PLC0415

        return PostgresAudits(self._database, new_id=uuid4)

    @property
    def audit_terms(self) -> AuditSettings:
        return self._get(AuditSettings)

    @cached_property
    def reports(self) -> "PostgresReports":
        from shared.db.reports import PostgresReports  # noqa: PLC0415

        return PostgresReports(self._database)

    @cached_property
    def failures(self) -> "PostgresFailures":
        from shared.db.failure_pages import PostgresFailures  # noqa: PLC0415

        return PostgresFailures(self._database)

    @cached_property
    def incidents(self) -> "PostgresIncidents":
        from shared.db.incidents import PostgresIncidents  # noqa: PLC0415

        return PostgresIncidents(self._database)

    @cached_property
    def alert_topic(self) -> "SnsTopic":
        from shared.aws.topics import SnsTopic  # noqa: PLC0415

        settings = self._get(TopicSettings)
        return SnsTopic(settings.alert_topic_arn, self._reach(settings))

    @property
    def alert_terms(self) -> AlertSettings:
        return self._get(AlertSettings)

    @cached_property
    def health(self) -> "DatabaseHealth":
        from shared.db.health import DatabaseHealth  # noqa: PLC0415

        return DatabaseHealth(self._database)
