"""What the deployment must tell us: read once, typed, frozen, and reported missing all at once."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from shared.errors import Misconfigured
from shared.photos import RatePolicy


class Settings(BaseModel):
    """One function's settings; a subclass names what that function needs, and nothing else is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the upper-case names of the fields, and name everything that is missing or wrong."""
        given = {name: env[name.upper()] for name in cls.model_fields if name.upper() in env}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = [f"{_name(e['loc'])}{e['msg']}" for e in error.errors()]
            raise Misconfigured("Settings are missing or wrong: " + "; ".join(wrong), settings=wrong) from None


def _name(location: tuple[int | str, ...]) -> str:
    return f"{str(location[0]).upper()}: " if location else ""


class DatabaseSettings(Settings):
    """Where the ledger is: the URL itself, or the secret that holds it."""

    stage: str = "dev"
    database_url: SecretStr | None = None
    database_secret_arn: str | None = None
    # Not behind a pooler that hands out another session each time.
    keep_plans: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if not self.database_url and not self.database_secret_arn:
            raise ValueError("set DATABASE_URL or DATABASE_SECRET_ARN")
        return self


class AwsSettings(Settings):
    """What the runtime itself tells a function."""

    aws_region: str
    aws_endpoint_url: str | None = None


class BucketSettings(AwsSettings):
    """Where the bytes land."""

    bucket: str
    aws_access_key_id: str
    aws_secret_access_key: SecretStr


class LimitSettings(Settings):
    """The numbers an operator may choose."""

    max_bytes: int = Field(default=52_428_800, gt=0)
    max_form_bytes: int = Field(default=4_500_000, gt=0)
    min_bytes: int = Field(default=1_024, gt=0)
    accepted_types: frozenset[str] = frozenset({"image/jpeg", "image/png"})
    url_seconds: int = Field(default=900, ge=60, le=3_600)
    # "burst": a hundred at once, and ten more a minute. "steady": a hundred a minute, all the time.
    rate_profile: Literal["burst", "steady"] = "burst"
    rate_capacity: int = Field(default=100, gt=0)
    rate_per_minute: float | None = Field(default=None, gt=0)
    # The pause between two retries of uploads that go to the same store.
    retry_delay_ms: int = Field(default=200, ge=0, le=10_000)

    @property
    def rate(self) -> RatePolicy:
        per_minute = self.rate_per_minute or (10.0 if self.rate_profile == "burst" else float(self.rate_capacity))
        return RatePolicy("uploads", self.rate_capacity, per_minute / 60)

    @field_validator("accepted_types", mode="before")
    @classmethod
    def _from_list(cls, given: object) -> object:
        return frozenset(part.strip() for part in given.split(",")) if isinstance(given, str) else given


class BellSettings(AwsSettings):
    """The queue that wakes the publisher."""

    bell_queue_url: str


class AlarmSettings(AwsSettings):
    """The queue that wakes the retry worker."""

    alarm_queue_url: str


class CourierSettings(AwsSettings):
    """The queue that wakes whoever delivers to webhooks."""

    courier_queue_url: str


class FetchSettings(Settings):
    """Which places may be fetched from and delivered to although they are ours: "host:port", with commas."""

    fetch_allowed: frozenset[str] = frozenset()

    @field_validator("fetch_allowed", mode="before")
    @classmethod
    def _from_list(cls, given: object) -> object:
        return frozenset(filter(None, map(str.strip, given.split(",")))) if isinstance(given, str) else given


class NewsSettings(AwsSettings):
    """The queue that the news goes to, the one of the detection service, and the bus for everybody else."""

    news_queue_url: str
    detection_queue_url: str
    event_bus_name: str


class EmbedHintSettings(AwsSettings):
    """The queue that wakes whoever embeds photos."""

    embed_queue_url: str


class ProcessHintSettings(AwsSettings):
    """The queue that wakes whoever processes photos: it is the one that the news of a commit goes to."""

    news_queue_url: str


class EmbedSettings(Settings):
    """What makes photos searchable, and how often it may be asked."""

    embedder: Literal["bedrock", "local", "none"] = "none"
    embed_per_minute: int = Field(default=120, gt=0)


class AlertSettings(Settings):
    """What is trouble: rates in percent, with how many it takes to speak of one, and how many are too many."""

    stage: str = "dev"
    alert_failure_percent: float = Field(default=5.0, ge=0, le=100)
    alert_failure_least: int = Field(default=20, gt=0)
    alert_retry_percent: float = Field(default=80.0, ge=0, le=100)
    alert_retry_least: int = Field(default=10, gt=0)
    alert_unrecovered_percent: float = Field(default=1.0, ge=0, le=100)
    alert_dead_letters: int = Field(default=0, ge=0)
    alert_stuck_leases: int = Field(default=0, ge=0)
    alert_stuck_seconds: int = Field(default=600, ge=60)
    # What was not seen for so long is over.
    alert_quiet_seconds: int = Field(default=900, ge=0)


class TopicSettings(AwsSettings):
    """Where people are told of trouble."""

    alert_topic_arn: str


class AuditSettings(Settings):
    """When an object is old enough to be judged, and how many calls a day an audit may cost at Cloudinary."""

    stage: str = "dev"
    audit_grace_seconds: int = Field(default=7_200, ge=0)
    audit_admin_calls: int = Field(default=300, gt=0)


class CloudinarySettings(Settings):
    """The Cloudinary account: the URL itself, or the secret that holds it; neither where none is used."""

    cloudinary_url: SecretStr | None = None
    cloudinary_secret_arn: str | None = None


class ImageKitSettings(Settings):
    """The ImageKit account: the URL itself, or the secret that holds it; neither where none is used."""

    imagekit_url: SecretStr | None = None
    imagekit_secret_arn: str | None = None


class ImportSettings(Settings):
    """The pause between two images of the same provider: "100", or with those of some by name, "100,google=500"."""

    import_delay_ms: Mapping[str, Annotated[int, Field(ge=0, le=10_000)]] = {"": 100}

    def import_pause(self, provider: str) -> float:
        """In seconds."""
        return self.import_delay_ms.get(provider, self.import_delay_ms.get("", 100)) / 1000

    @field_validator("import_delay_ms", mode="before")
    @classmethod
    def _from_list(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        pairs = (part.rpartition("=") for part in given.split(",") if part.strip())
        return {provider.strip(): milliseconds for provider, _, milliseconds in pairs}


class UploadTokenSettings(Settings):
    """What upload tokens are signed with: the key itself, or the secret that holds it."""

    upload_token_secret: SecretStr | None = None
    upload_token_secret_arn: str | None = None


class PublicSettings(Settings):
    """The origin that clients know us by; empty means: the one that the gateway names."""

    public_url: str = ""


def gather(env: Mapping[str, str], kinds: Iterable[type[Settings]]) -> dict[type[Settings], Settings]:
    """Read several kinds at once, so that a deployment learns of everything it forgot in one go."""
    found: dict[type[Settings], Settings] = {}
    wrong: list[str] = []
    for kind in kinds:
        try:
            found[kind] = kind.from_env(env)
        except Misconfigured as error:
            wrong.extend(cast("list[str]", error.facts["settings"]))
    if wrong:
        told = sorted(set(wrong))
        raise Misconfigured("Settings are missing or wrong: " + "; ".join(told), settings=told)
    return found
