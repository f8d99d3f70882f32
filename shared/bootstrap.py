"""From a deployment's settings to working parts: the only file that knows every concrete class."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID, uuid4

from pydantic import SecretStr

from shared.errors import Misconfigured
from shared.log import log
from shared.metrics import emit
from shared.photos import StoreName
from shared.settings import (
    AlarmSettings,
    AwsSettings,
    BellSettings,
    BucketSettings,
    CloudinarySettings,
    DatabaseSettings,
    LimitSettings,
    NewsSettings,
    PublicSettings,
    Settings,
    UploadTokenSettings,
    gather,
)

if TYPE_CHECKING:
    from shared.aws.credentials import Credentials
    from shared.aws.http import HttpClient
    from shared.aws.messages import QueueAlarm, QueueBell, QueuePublisher
    from shared.aws.sqs import SqsQueue
    from shared.db.allowances import PostgresAllowances
    from shared.db.connection import Database
    from shared.db.health import DatabaseHealth
    from shared.db.ledger import PostgresLedger
    from shared.db.multiparts import PostgresMultiparts
    from shared.db.outbox import PostgresOutbox
    from shared.db.parking import PostgresParking
    from shared.db.photos import PhotoReader
    from shared.db.recovery import PostgresRecovery
    from shared.db.twins import PostgresTwins
    from shared.media.cloudinary import CloudinaryStore
    from shared.media.guarded import GuardedStore
    from shared.media.s3 import S3Store
    from shared.photos import ImageFacts
    from shared.resilience.breaker import BreakerState
    from shared.tokens.upload_token import UploadTokens

Kind = TypeVar("Kind", bound=Settings)

SETTINGS_FOR: Mapping[str, tuple[type[Settings], ...]] = {
    "ledger": (DatabaseSettings,),
    "photos": (DatabaseSettings,),
    "twins": (DatabaseSettings,),
    "multiparts": (DatabaseSettings,),
    "allowances": (DatabaseSettings,),
    "upload_tokens": (UploadTokenSettings,),
    "health": (DatabaseSettings,),
    "parking": (DatabaseSettings,),
    "recovery": (DatabaseSettings,),
    "outbox": (DatabaseSettings,),
    "direct_store": (BucketSettings,),
    "stores": (BucketSettings, CloudinarySettings, DatabaseSettings),
    "bell": (BellSettings,),
    "alarm": (AlarmSettings,),
    "publisher": (NewsSettings,),
    "limits": (LimitSettings,),
}


class LiveDeps:
    """The real parts. Each is made, and its vendor imported, when a handler first touches it."""

    def __init__(
        self, env: Mapping[str, str], needs: tuple[str, ...], *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        kinds: set[type[Settings]] = {PublicSettings, *(kind for need in needs for kind in SETTINGS_FOR[need])}
        self._env = env
        self._sleep = sleep
        self._acting_for: UUID | None = None
        self._stores: dict[StoreName, GuardedStore] = {}
        self._settings = gather(env, sorted(kinds, key=lambda kind: kind.__name__))

    @classmethod
    def from_process(cls, needs: tuple[str, ...]) -> "LiveDeps":
        """The one place that reads the environment."""
        return cls(dict(os.environ), needs)

    def act_for(self, org_id: UUID | None) -> None:
        """Say whose rows the next questions may see; nobody's, when nobody is known."""
        self._acting_for = org_id
        if "_database" in self.__dict__:
            self._database.acting_for = org_id

    @cached_property
    def ledger(self) -> "PostgresLedger":
        from shared.db.ledger import PostgresLedger  # noqa: PLC0415

        return PostgresLedger(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    @cached_property
    def photos(self) -> "PhotoReader":
        from shared.db.photos import PhotoReader  # noqa: PLC0415

        return PhotoReader(self._database)

    @cached_property
    def allowances(self) -> "PostgresAllowances":
        from shared.db.allowances import PostgresAllowances  # noqa: PLC0415

        return PostgresAllowances(self._database)

    @cached_property
    def upload_tokens(self) -> "UploadTokens":
        from shared.tokens.reasons import Reason, refusal  # noqa: PLC0415
        from shared.tokens.upload_token import UploadTokens  # noqa: PLC0415

        settings = self._get(UploadTokenSettings)
        if not (settings.upload_token_secret or settings.upload_token_secret_arn):
            raise refusal(Reason.UPLOAD_TOKENS_OFF)
        return UploadTokens(
            self._secret(settings.upload_token_secret, settings.upload_token_secret_arn).encode(), clock=_now
        )

    @cached_property
    def multiparts(self) -> "PostgresMultiparts":
        from shared.db.multiparts import PostgresMultiparts  # noqa: PLC0415

        return PostgresMultiparts(self._database)

    @cached_property
    def twins(self) -> "PostgresTwins":
        from shared.db.twins import PostgresTwins  # noqa: PLC0415

        return PostgresTwins(self._database)

    @cached_property
    def parking(self) -> "PostgresParking":
        from shared.db.parking import PostgresParking  # noqa: PLC0415

        return PostgresParking(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    @cached_property
    def recovery(self) -> "PostgresRecovery":
        from shared.db.recovery import PostgresRecovery  # noqa: PLC0415

        return PostgresRecovery(self._database)

    @cached_property
    def outbox(self) -> "PostgresOutbox":
        from shared.db.outbox import PostgresOutbox  # noqa: PLC0415

        return PostgresOutbox(self._database)

    @cached_property
    def bell(self) -> "QueueBell":
        from shared.aws.messages import QueueBell  # noqa: PLC0415

        return QueueBell(self._queue(BellSettings, "bell_queue_url"))

    @cached_property
    def alarm(self) -> "QueueAlarm":
        from shared.aws.messages import QueueAlarm  # noqa: PLC0415

        return QueueAlarm(self._queue(AlarmSettings, "alarm_queue_url"))

    @cached_property
    def publisher(self) -> "QueuePublisher":
        from shared.aws.messages import DETECT, QueuePublisher  # noqa: PLC0415

        detection = self._queue(NewsSettings, "detection_queue_url")
        return QueuePublisher(self._queue(NewsSettings, "news_queue_url"), {DETECT: detection})

    def store(self, name: StoreName) -> "GuardedStore":
        """One of the stores, behind its own breaker."""
        if name not in self._stores:
            self._stores[name] = self._guarded(name)
        return self._stores[name]

    def _guarded(self, name: StoreName) -> "GuardedStore":
        from shared.db.breakers import PostgresBreakerRows  # noqa: PLC0415
        from shared.media.guarded import GuardedStore, breaker_of  # noqa: PLC0415
        from shared.resilience.breaker import Breaker  # noqa: PLC0415

        rows = PostgresBreakerRows(self._database)
        breaker = Breaker(breaker_of(name), rows, on_change=_breaker_changed)
        return GuardedStore(self._plain(name), breaker, self._sleep)

    def _plain(self, name: StoreName) -> "S3Store | CloudinaryStore":
        if name is StoreName.S3:
            return self.direct_store
        if name is StoreName.CLOUDINARY:
            return self._cloudinary
        raise Misconfigured(f"No store called {name} is set up in this deployment.")

    @cached_property
    def _cloudinary(self) -> "CloudinaryStore":
        from shared.media.cloudinary import CloudinaryStore  # noqa: PLC0415
        from shared.media.cloudinary_account import Account  # noqa: PLC0415

        settings = self._get(CloudinarySettings)
        url = self._secret(settings.cloudinary_url, settings.cloudinary_secret_arn)
        if not url:
            raise Misconfigured("A target keeps its photos at Cloudinary, but CLOUDINARY_SECRET_ARN is not set.")
        return CloudinaryStore(Account.from_url(url), http=self._http, clock=_now)

    @cached_property
    def health(self) -> "DatabaseHealth":
        from shared.db.health import DatabaseHealth  # noqa: PLC0415

        return DatabaseHealth(self._database)

    @cached_property
    def direct_store(self) -> "S3Store":
        from shared.media.s3 import S3Store  # noqa: PLC0415

        settings = self._get(BucketSettings)
        return S3Store(
            settings.bucket,
            region=settings.aws_region,
            credentials=self._credentials,
            http=self._http,
            clock=_now,
            endpoint_url=settings.aws_endpoint_url,
        )

    @property
    def probe(self) -> "Callable[[Callable[[int, int], bytes], int], ImageFacts]":
        from shared.imaging.probe import probe  # noqa: PLC0415

        return partial(probe, accept=self.limits.accepted_types)

    @property
    def check(self) -> "Callable[[bytes | memoryview], ImageFacts]":
        from shared.imaging.check import check  # noqa: PLC0415

        return partial(check, accept=self.limits.accepted_types)

    @property
    def limits(self) -> LimitSettings:
        return self._get(LimitSettings)

    @property
    def public_url(self) -> str:
        return self._get(PublicSettings).public_url

    @cached_property
    def _http(self) -> "HttpClient":
        """One for all that speak HTTP: it keeps a connection to each host."""
        from shared.aws.http import HttpClient  # noqa: PLC0415

        return HttpClient()

    @cached_property
    def _credentials(self) -> "Credentials":
        from shared.aws.credentials import Credentials  # noqa: PLC0415

        return Credentials.from_env(self._env)

    @cached_property
    def _database(self) -> "Database":
        from shared.db.breakers import GuardedDatabase  # noqa: PLC0415

        settings = self._get(DatabaseSettings)
        database = GuardedDatabase(self._secret(settings.database_url, settings.database_secret_arn))
        database.acting_for = self._acting_for
        return database

    def _secret(self, given: SecretStr | None, arn: str | None) -> str:
        """The value itself where it is given, and else what the secret holds."""
        if given:
            return given.get_secret_value()
        if not arn:
            return ""
        from shared.aws.secrets import fetch_secret  # noqa: PLC0415

        return fetch_secret(arn, self._env)

    def _queue(self, kind: type[AwsSettings], name: str) -> "SqsQueue":
        from shared.aws.sqs import SqsQueue  # noqa: PLC0415

        settings = self._get(kind)
        return SqsQueue(
            getattr(settings, name),
            region=settings.aws_region,
            credentials=self._credentials,
            http=self._http,
            clock=_now,
            endpoint_url=settings.aws_endpoint_url,
        )

    def _get(self, kind: type[Kind]) -> Kind:
        return cast("Kind", self._settings[kind])


def _now() -> datetime:
    return datetime.now(UTC)


def _breaker_changed(name: str, old: "BreakerState", new: "BreakerState") -> None:
    emit(BreakerState=("closed", "half_open", "open").index(new))
    log.warning("breaker.changed", breaker=name, old=old, new=new)
