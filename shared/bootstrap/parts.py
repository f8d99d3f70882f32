"""What every part is made of: the deployment's settings, its secrets, one database, one way to speak to AWS."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar, cast
from uuid import UUID

from pydantic import SecretStr

from shared.bootstrap.needs import SETTINGS_FOR
from shared.settings import AwsSettings, DatabaseSettings, PublicSettings, Settings, gather

if TYPE_CHECKING:
    from shared.aws.credentials import Credentials
    from shared.aws.http import HttpClient
    from shared.aws.reach import Reach
    from shared.aws.sqs import SqsQueue
    from shared.db.connection import Database

Kind = TypeVar("Kind", bound=Settings)


class Parts:
    """Makes each of them when it is first touched."""

    def __init__(
        self, env: Mapping[str, str], needs: tuple[str, ...], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        kinds: set[type[Settings]] = {PublicSettings, *(kind for need in needs for kind in SETTINGS_FOR[need])}
        self._env = env
        self._sleep = sleep
        self._acting_for: UUID | None = None
        self._settings = gather(env, sorted(kinds, key=lambda kind: kind.__name__))

    @classmethod
    def from_process(cls, needs: tuple[str, ...]) -> Self:
        """The one place that reads the environment."""
        return cls(dict(os.environ), needs)

    def act_for(self, org_id: UUID | None) -> None:
        """Say whose rows the next questions may see; nobody's, when nobody is known."""
        self._acting_for = org_id
        if "_database" in self.__dict__:
            self._database.acting_for = org_id

    def sleep(self, seconds: float) -> None:
        """Let time pass between two calls to the same provider."""
        self._sleep(seconds)

    @property
    def public_url(self) -> str:
        return self._get(PublicSettings).public_url

    @cached_property
    def _database(self) -> "Database":
        from shared.db.breakers import GuardedDatabase  # noqa: PLC0415

        settings = self._get(DatabaseSettings)
        url = self._secret(settings.database_url, settings.database_secret_arn)
        database = GuardedDatabase(url, keep_plans=settings.keep_plans)
        database.acting_for = self._acting_for
        return database

    def _queue(self, kind: type[AwsSettings], name: str) -> "SqsQueue":
        from shared.aws.sqs import SqsQueue  # noqa: PLC0415

        settings = self._get(kind)
        return SqsQueue(getattr(settings, name), self._reach(settings))

    def _reach(self, settings: AwsSettings) -> "Reach":
        from shared.aws.reach import Reach  # noqa: PLC0415

        return Reach(settings.aws_region, self._credentials, self._http, now, settings.aws_endpoint_url)

    @cached_property
    def _http(self) -> "HttpClient":
        """One for all that speak HTTP: it keeps a connection to each host."""
        from shared.aws.http import HttpClient  # noqa: PLC0415

        return HttpClient()

    @cached_property
    def _credentials(self) -> "Credentials":
        from shared.aws.credentials import Credentials  # noqa: PLC0415

        return Credentials.from_env(self._env)

    def _secret(self, given: SecretStr | None, arn: str | None) -> str:
        """The value itself where it is given, and else what the secret holds."""
        if given:
            return given.get_secret_value()
        if not arn:
            return ""
        from shared.aws.secrets import fetch_secret  # noqa: PLC0415

        return fetch_secret(arn, self._env)

    def _get(self, kind: type[Kind]) -> Kind:
        return cast("Kind", self._settings[kind])


def now() -> datetime:
    return datetime.now(UTC)
