"""What a reply of Cloudinary means: an object that is there, or one of our errors."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import AppError
from shared.failures import diagnose
from shared.media.refusals import Speaker, unclear
from shared.photos import StoredObject, StoreName

CLOUDINARY: Final = Speaker(
    "Cloudinary", check="CLOUDINARY_URL, that the account is enabled, and what is left of its plan"
)
# How long to stay away when Cloudinary says "slow down" without saying for how long; its budgets last an hour.
SLOW_DOWN_SECONDS: Final = 2
LONGEST_WAIT: Final = 3600
LONGEST_REASON: Final = 200
TRY_AGAIN_ON: Final = re.compile(r"Try again on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
ANY_URL: Final = re.compile(r"\S+://\S+")
MIMES: Final[Mapping[str, str]] = {"jpg": "image/jpeg", "tif": "image/tiff", "ico": "image/x-icon"}


@dataclass(frozen=True, slots=True)
class Said:
    """One reply, whoever fetched it; a body that nobody could read has no facts."""

    status: int
    facts: Mapping[str, object]
    resets: str | None = None

    @property
    def is_good(self) -> bool:
        return self.status in range(200, 300) and "error" not in self.facts

    @property
    def is_absent(self) -> bool:
        """A definite no, in its own words: a proxy's 404 says nothing about a photo."""
        return self.status == 404 and self.message.startswith("Resource not found")

    @property
    def message(self) -> str:
        error = self.facts.get("error")
        return str(error.get("message", "")) if isinstance(error, Mapping) else ""


class Resource(BaseModel):
    """What a reply tells of one asset."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, defer_build=True)

    asset_id: str
    public_id: str
    version: int
    format: str
    size: int = Field(alias="bytes")
    etag: str
    secure_url: str
    signature: str = ""
    existing: bool = False

    def stored(self) -> StoredObject:
        kept = ("asset_id", "public_id", "version", "secure_url", "format")
        return StoredObject(
            store=StoreName.CLOUDINARY,
            name=self.public_id,
            size=self.size,
            mime=MIMES.get(self.format, f"image/{self.format}"),
            md5=self.etag,
            version=str(self.version),
            ref={key: str(getattr(self, key)) for key in kept},
        )


def understood(action: str, said: Said, *, writes: bool) -> Resource:
    """Read the facts of an asset; a reply without them is no answer."""
    try:
        return Resource.model_validate(said.facts)
    except ValidationError as error:
        wrong = sorted({str(each["loc"][0]) for each in error.errors()})
        raise unclear(writes)(
            f"Cloudinary was asked to {action} and its reply lacks {', '.join(wrong)}.", failure_type="no_answer"
        ) from None


def refusal(action: str, said: Said, *, writes: bool, now: datetime) -> AppError:
    """Turn a reply that is not a success into the error that says what must follow."""
    rule = diagnose("cloudinary", said.status, said.message)
    wait = _wait(said, now) if rule.type == "rate_limited" else None
    return CLOUDINARY.refusal(action, rule, reason=_reason(said), writes=writes, wait=wait)


def _reason(said: Said) -> str:
    """Keep its own words, without what it repeats of ours: signed URLs, and labels in a string to sign."""
    words = ANY_URL.sub("(a URL)", said.message.partition("String to sign")[0])
    return f"{said.status} {' '.join(words.split())[:LONGEST_REASON]}".strip()


def _wait(said: Said, now: datetime) -> int:
    resets = _moment(said)
    if resets is None:
        return SLOW_DOWN_SECONDS
    return min(LONGEST_WAIT, max(1, math.ceil((resets - now).total_seconds())))


def _moment(said: Said) -> datetime | None:
    """The Admin API names it in a header; of an upload's reply the SDK passes on only the sentence."""
    try:
        if said.resets:
            return parsedate_to_datetime(said.resets).astimezone(UTC)
        found = TRY_AGAIN_ON.search(said.message)
        return datetime.fromisoformat(f"{found[1]}+00:00") if found else None
    except ValueError:
        return None
