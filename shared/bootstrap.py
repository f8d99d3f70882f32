"""From a deployment's settings to working parts: the only file that knows every concrete class."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import uuid4

from shared.settings import (
    BucketSettings,
    DatabaseSettings,
    LimitSettings,
    PublicSettings,
    Settings,
    gather,
)

if TYPE_CHECKING:
    from shared.db.connection import Database
    from shared.db.health import DatabaseHealth
    from shared.db.ledger import PostgresLedger
    from shared.db.photos import PhotoReader
    from shared.media.s3 import S3Store
    from shared.photos import ImageFacts

Kind = TypeVar("Kind", bound=Settings)

SETTINGS_FOR: Mapping[str, tuple[type[Settings], ...]] = {
    "ledger": (DatabaseSettings,),
    "photos": (DatabaseSettings,),
    "health": (DatabaseSettings,),
    "direct_store": (BucketSettings,),
    "limits": (LimitSettings,),
}


class LiveDeps:
    """The real parts. Each is made, and its vendor imported, when a handler first touches it."""

    def __init__(self, env: Mapping[str, str], needs: tuple[str, ...]) -> None:
        kinds: set[type[Settings]] = {PublicSettings, *(kind for need in needs for kind in SETTINGS_FOR[need])}
        self._env = env
        self._settings = gather(env, sorted(kinds, key=lambda kind: kind.__name__))

    @classmethod
    def from_process(cls, needs: tuple[str, ...]) -> "LiveDeps":
        """The one place that reads the environment."""
        return cls(dict(os.environ), needs)

    @cached_property
    def ledger(self) -> "PostgresLedger":
        from shared.db.ledger import PostgresLedger  # noqa: PLC0415

        return PostgresLedger(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    @cached_property
    def photos(self) -> "PhotoReader":
        from shared.db.photos import PhotoReader  # noqa: PLC0415

        return PhotoReader(self._database)

    @cached_property
    def health(self) -> "DatabaseHealth":
        from shared.db.health import DatabaseHealth  # noqa: PLC0415

        return DatabaseHealth(self._database)

    @cached_property
    def direct_store(self) -> "S3Store":
        from shared.aws.credentials import Credentials  # noqa: PLC0415
        from shared.aws.http import HttpClient  # noqa: PLC0415
        from shared.media.s3 import S3Store  # noqa: PLC0415

        settings = self._get(BucketSettings)
        return S3Store(
            settings.bucket,
            region=settings.aws_region,
            credentials=Credentials.from_env(self._env),
            http=HttpClient(),
            clock=lambda: datetime.now(UTC),
            endpoint_url=settings.aws_endpoint_url,
        )

    @property
    def probe(self) -> "Callable[[Callable[[int, int], bytes], int], ImageFacts]":
        from shared.imaging.probe import probe  # noqa: PLC0415

        return probe

    @property
    def limits(self) -> LimitSettings:
        return self._get(LimitSettings)

    @property
    def public_url(self) -> str:
        return self._get(PublicSettings).public_url

    @cached_property
    def _database(self) -> "Database":
        from shared.db.connection import Database  # noqa: PLC0415

        settings = self._get(DatabaseSettings)
        if settings.database_url:
            return Database(settings.database_url.get_secret_value())
        from shared.aws.secrets import fetch_secret  # noqa: PLC0415

        return Database(fetch_secret(cast("str", settings.database_secret_arn), self._env))

    def _get(self, kind: type[Kind]) -> Kind:
        return cast("Kind", self._settings[kind])
