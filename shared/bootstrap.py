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
    AlertSettings,
    AuditSettings,
    AwsSettings,
    BellSettings,
    BucketSettings,
    CloudinarySettings,
    CourierSettings,
    DatabaseSettings,
    EmbedHintSettings,
    EmbedSettings,
    FetchSettings,
    ImageKitSettings,
    ImportSettings,
    LimitSettings,
    NewsSettings,
    ProcessHintSettings,
    PublicSettings,
    Settings,
    TopicSettings,
    UploadTokenSettings,
    gather,
)

if TYPE_CHECKING:
    from shared.aws.credentials import Credentials
    from shared.aws.http import HttpClient
    from shared.aws.messages import Publisher, QueueAlarm, QueueBell, QueueHints
    from shared.aws.reach import Reach
    from shared.aws.sqs import SqsQueue
    from shared.aws.topics import SnsTopic
    from shared.db.allowances import PostgresAllowances
    from shared.db.audits import PostgresAudits
    from shared.db.connection import Database
    from shared.db.courier import PostgresCourier
    from shared.db.deliveries import PostgresDeliveries
    from shared.db.failure_pages import PostgresFailures
    from shared.db.health import DatabaseHealth
    from shared.db.incidents import PostgresIncidents
    from shared.db.ledger import PostgresLedger
    from shared.db.multiparts import PostgresMultiparts
    from shared.db.outbox import PostgresOutbox
    from shared.db.parking import PostgresParking
    from shared.db.photos import PhotoReader
    from shared.db.progress import PostgresProgress
    from shared.db.recovery import PostgresRecovery
    from shared.db.reports import PostgresReports
    from shared.db.retention import PostgresRetention
    from shared.db.retries import PostgresRetries
    from shared.db.search import PhotoSearch
    from shared.db.stage_retries import PostgresStageRetries
    from shared.db.stages import PostgresStages
    from shared.db.telemetry import PostgresTelemetry
    from shared.db.twins import PostgresTwins
    from shared.db.venues import PostgresVenues
    from shared.db.webhooks import PostgresWebhooks
    from shared.fetch.address import Place
    from shared.fetch.client import Fetcher
    from shared.imaging.derived import Derived
    from shared.media.cloudinary import CloudinaryStore
    from shared.media.cloudinary_account import Account
    from shared.media.guarded import GuardedStore
    from shared.media.imagekit import ImageKitStore
    from shared.media.listing import ListedStore
    from shared.media.originals import Originals
    from shared.media.s3 import S3Store
    from shared.photos import ImageFacts
    from shared.photos.stages import Stage
    from shared.resilience.breaker import BreakerState
    from shared.search.embedder import Embedder
    from shared.tokens.upload_token import UploadTokens

Kind = TypeVar("Kind", bound=Settings)

# What a child may take to decode one photo, on top of what it was forked from; the largest that is let in fits.
RENDER_MEGABYTES = 1_200

SETTINGS_FOR: Mapping[str, tuple[type[Settings], ...]] = {
    "ledger": (DatabaseSettings,),
    "photos": (DatabaseSettings,),
    "twins": (DatabaseSettings,),
    "multiparts": (DatabaseSettings,),
    "allowances": (DatabaseSettings,),
    "upload_tokens": (UploadTokenSettings,),
    "progress": (DatabaseSettings,),
    "telemetry": (DatabaseSettings,),
    "stage_retries": (DatabaseSettings,),
    "search": (DatabaseSettings,),
    "health": (DatabaseSettings,),
    "parking": (DatabaseSettings,),
    "retries": (DatabaseSettings,),
    "recovery": (DatabaseSettings,),
    "audits": (DatabaseSettings, AuditSettings),
    "listed_stores": (BucketSettings, CloudinarySettings),
    "reports": (DatabaseSettings,),
    "failures": (DatabaseSettings,),
    "incidents": (DatabaseSettings, AlertSettings),
    "alert_topic": (TopicSettings,),
    "retention": (DatabaseSettings,),
    "outbox": (DatabaseSettings,),
    "direct_store": (BucketSettings,),
    "stores": (BucketSettings, CloudinarySettings, DatabaseSettings, ImageKitSettings),
    "bell": (BellSettings,),
    "alarm": (AlarmSettings,),
    "publisher": (NewsSettings,),
    "webhooks": (DatabaseSettings,),
    "deliveries": (DatabaseSettings,),
    "courier": (DatabaseSettings,),
    "courier_bell": (CourierSettings,),
    "stages": (DatabaseSettings,),
    "process_hints": (ProcessHintSettings,),
    "embed_hints": (EmbedHintSettings,),
    "originals": (),
    "render": (),
    "embedder": (EmbedSettings, AwsSettings),
    "venues": (DatabaseSettings,),
    "import_pause": (ImportSettings,),
    "fetcher": (FetchSettings,),
    "vet": (FetchSettings,),
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

    def sleep(self, seconds: float) -> None:
        """Let time pass between two calls to the same provider."""
        self._sleep(seconds)

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
    def retries(self) -> "PostgresRetries":
        from shared.db.retries import PostgresRetries  # noqa: PLC0415

        return PostgresRetries(self._database)

    @cached_property
    def recovery(self) -> "PostgresRecovery":
        from shared.db.recovery import PostgresRecovery  # noqa: PLC0415

        return PostgresRecovery(self._database)

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

    @property
    def alert_terms(self) -> AlertSettings:
        return self._get(AlertSettings)

    @cached_property
    def alert_topic(self) -> "SnsTopic":
        from shared.aws.topics import SnsTopic  # noqa: PLC0415

        settings = self._get(TopicSettings)
        return SnsTopic(settings.alert_topic_arn, self._reach(settings))

    @cached_property
    def retention(self) -> "PostgresRetention":
        from shared.db.retention import PostgresRetention  # noqa: PLC0415

        return PostgresRetention(self._database)

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

    @cached_property
    def stages(self) -> "PostgresStages":
        from shared.db.stages import PostgresStages  # noqa: PLC0415

        return PostgresStages(self._database, new_id=uuid4)

    def hints(self, stage: "Stage") -> "QueueHints":
        from shared.aws.messages import QueueHints  # noqa: PLC0415

        if stage == "process":
            return QueueHints(self._queue(ProcessHintSettings, "news_queue_url"))
        return QueueHints(self._queue(EmbedHintSettings, "embed_queue_url"))

    @cached_property
    def originals(self) -> "Originals":
        from shared.media.originals import Originals  # noqa: PLC0415

        return Originals(self._http)

    def render(self, source: bytes, seconds: float) -> "Derived":
        from shared.imaging.child import render  # noqa: PLC0415

        return render(source, seconds=seconds, megabytes=RENDER_MEGABYTES)

    @cached_property
    def embedder(self) -> "Embedder | None":
        """None where photos are not made searchable by what they show."""
        kind = self._get(EmbedSettings).embedder
        return None if kind == "none" else self._titan() if kind == "bedrock" else _local_embedder()

    @property
    def embed_per_minute(self) -> int:
        return self._get(EmbedSettings).embed_per_minute

    def _titan(self) -> "Embedder":
        from shared.search.bedrock import Bedrock  # noqa: PLC0415
        from shared.search.titan import TitanEmbedder  # noqa: PLC0415

        settings = self._get(AwsSettings)
        bedrock = Bedrock(settings.aws_region, self._credentials, settings.aws_endpoint_url)
        return TitanEmbedder(bedrock, _as_jpeg)

    @cached_property
    def fetcher(self) -> "Fetcher":
        from shared.fetch.client import Fetcher  # noqa: PLC0415

        # What a stranger answers says nothing of the providers that we have accounts with.
        return Fetcher(allow_private=self._get(FetchSettings).fetch_allowed, origin="source")

    @property
    def vet(self) -> "Callable[[str], Place]":
        from shared.fetch.address import vet  # noqa: PLC0415

        return partial(vet, allow=self._get(FetchSettings).fetch_allowed.__contains__)

    @cached_property
    def venues(self) -> "PostgresVenues":
        from shared.db.venues import PostgresVenues  # noqa: PLC0415

        return PostgresVenues(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    def import_pause(self, provider: str) -> float:
        return self._get(ImportSettings).import_pause(provider)

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

    def _plain(self, name: StoreName) -> "S3Store | CloudinaryStore | ImageKitStore":
        if name is StoreName.S3:
            return self.direct_store
        return self._cloudinary if name is StoreName.CLOUDINARY else self._imagekit

    @cached_property
    def _cloudinary(self) -> "CloudinaryStore":
        from shared.media.cloudinary import CloudinaryStore  # noqa: PLC0415

        account = self._cloudinary_account
        if account is None:
            raise Misconfigured("A target keeps its photos at Cloudinary, but CLOUDINARY_SECRET_ARN is not set.")
        return CloudinaryStore(account, http=self._http, clock=_now)

    @cached_property
    def _cloudinary_account(self) -> "Account | None":
        """None where no target may keep its photos there."""
        from shared.media.cloudinary_account import Account  # noqa: PLC0415

        settings = self._get(CloudinarySettings)
        url = self._secret(settings.cloudinary_url, settings.cloudinary_secret_arn)
        return Account.from_url(url) if url else None

    @cached_property
    def _imagekit(self) -> "ImageKitStore":
        from shared.media.imagekit import ImageKitStore  # noqa: PLC0415
        from shared.media.imagekit_account import Account  # noqa: PLC0415

        settings = self._get(ImageKitSettings)
        url = self._secret(settings.imagekit_url, settings.imagekit_secret_arn)
        if not url:
            raise Misconfigured("A target keeps its photos at ImageKit, but IMAGEKIT_SECRET_ARN is not set.")
        return ImageKitStore(Account.from_url(url))

    @cached_property
    def progress(self) -> "PostgresProgress":
        from shared.db.progress import PostgresProgress  # noqa: PLC0415

        return PostgresProgress(self._database)

    @cached_property
    def telemetry(self) -> "PostgresTelemetry":
        from shared.db.telemetry import PostgresTelemetry  # noqa: PLC0415

        return PostgresTelemetry(self._database)

    @cached_property
    def stage_retries(self) -> "PostgresStageRetries":
        from shared.db.stage_retries import PostgresStageRetries  # noqa: PLC0415

        return PostgresStageRetries(self._database)

    @cached_property
    def search(self) -> "PhotoSearch":
        from shared.db.search import PhotoSearch  # noqa: PLC0415

        return PhotoSearch(self._database)

    @cached_property
    def health(self) -> "DatabaseHealth":
        from shared.db.health import DatabaseHealth  # noqa: PLC0415

        return DatabaseHealth(self._database)

    @cached_property
    def direct_store(self) -> "S3Store":
        from shared.media.s3 import S3Store  # noqa: PLC0415

        settings = self._get(BucketSettings)
        return S3Store(settings.bucket, self._reach(settings))

    @cached_property
    def listed_stores(self) -> "Mapping[StoreName, ListedStore]":
        """Those that are set up here and whose objects can be listed."""
        from shared.media.cloudinary_listing import CloudinaryListing  # noqa: PLC0415
        from shared.media.s3_listing import S3Listing  # noqa: PLC0415

        bucket = self._get(BucketSettings)
        found: dict[StoreName, ListedStore] = {StoreName.S3: S3Listing(bucket.bucket, self._reach(bucket))}
        if account := self._cloudinary_account:
            found[StoreName.CLOUDINARY] = CloudinaryListing(account, http=self._http, clock=_now)
        return found

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
        url = self._secret(settings.database_url, settings.database_secret_arn)
        database = GuardedDatabase(url, keep_plans=settings.keep_plans)
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

    def _reach(self, settings: AwsSettings) -> "Reach":
        from shared.aws.reach import Reach  # noqa: PLC0415

        return Reach(settings.aws_region, self._credentials, self._http, _now, settings.aws_endpoint_url)

    def _queue(self, kind: type[AwsSettings], name: str) -> "SqsQueue":
        from shared.aws.sqs import SqsQueue  # noqa: PLC0415

        settings = self._get(kind)
        return SqsQueue(getattr(settings, name), self._reach(settings))

    def _get(self, kind: type[Kind]) -> Kind:
        return cast("Kind", self._settings[kind])


def _local_embedder() -> "Embedder":
    from shared.search.local_model import LocalEmbedder  # noqa: PLC0415

    return LocalEmbedder(_rgb_square)


def _as_jpeg(data: bytes) -> bytes:
    from shared.imaging.pixels import as_jpeg  # noqa: PLC0415

    return as_jpeg(data)


def _rgb_square(data: bytes, edge: int) -> bytes:
    from shared.imaging.pixels import rgb_square  # noqa: PLC0415

    return rgb_square(data, edge)


def _now() -> datetime:
    return datetime.now(UTC)


def _breaker_changed(name: str, old: "BreakerState", new: "BreakerState") -> None:
    emit(BreakerState=("closed", "half_open", "open").index(new))
    log.warning("breaker.changed", breaker=name, old=old, new=new)
