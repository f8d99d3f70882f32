"""What the deployment must tell us: read once, typed, frozen, and reported missing all at once."""

from collections.abc import Iterable, Mapping
from typing import Literal, Self, cast

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

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if not self.database_url and not self.database_secret_arn:
            raise ValueError("set DATABASE_URL or DATABASE_SECRET_ARN")
        return self


class BucketSettings(Settings):
    """Where the bytes land."""

    bucket: str
    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: SecretStr
    aws_endpoint_url: str | None = None


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

    @property
    def rate(self) -> RatePolicy:
        per_minute = self.rate_per_minute or (10.0 if self.rate_profile == "burst" else float(self.rate_capacity))
        return RatePolicy("uploads", self.rate_capacity, per_minute / 60)

    @field_validator("accepted_types", mode="before")
    @classmethod
    def _from_list(cls, given: object) -> object:
        return frozenset(part.strip() for part in given.split(",")) if isinstance(given, str) else given


class AwsSettings(Settings):
    """What the runtime itself tells a function."""

    aws_region: str
    aws_endpoint_url: str | None = None


class BellSettings(AwsSettings):
    """The queue that wakes the publisher."""

    bell_queue_url: str


class AlarmSettings(AwsSettings):
    """The queue that wakes the retry worker."""

    alarm_queue_url: str


class NewsSettings(AwsSettings):
    """The queue that the news goes to, and the one of the detection service."""

    news_queue_url: str
    detection_queue_url: str


class CloudinarySettings(Settings):
    """The Cloudinary account: the URL itself, or the secret that holds it; neither where none is used."""

    cloudinary_url: SecretStr | None = None
    cloudinary_secret_arn: str | None = None


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
