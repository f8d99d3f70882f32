"""What a reply of Cloudinary means: an object that is there, or one of our errors."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.aws.http import NoAnswer, NotSent
from shared.errors import AppError, OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.failures import diagnose
from shared.photos import StoredObject, StoreName

WHAT_TO_CHECK: Final = "CLOUDINARY_URL, that the account is enabled, and what is left of its plan"
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
        raise _unclear(writes)(
            f"Cloudinary was asked to {action} and its reply lacks {', '.join(wrong)}.", failure_type="no_answer"
        ) from None


def refusal(action: str, said: Said, *, writes: bool, now: datetime) -> AppError:
    """Turn a reply that is not a success into the error that says what must follow."""
    rule = diagnose("cloudinary", said.status, said.message)
    reason = _reason(said)
    error: AppError
    match rule.failure_class:
        case "outage":
            error = ProviderDown(f"Cloudinary refuses us to {action}: see the account.", check=WHAT_TO_CHECK)
        case "permanent":
            error = StoreRefused(f"Cloudinary refuses to {action} for good ({reason}).")
        case "transient" if rule.type == "rate_limited":
            error = StoreBusy(f"Cloudinary asks to {action} later.", retry_after=_wait(said, now))
        case "ambiguous" if writes:
            error = OutcomeUnknown(f"Cloudinary failed to {action}, or failed to say that it did.")
        case _:
            error = StoreUnavailable(f"Cloudinary cannot {action} right now.")
    error.facts |= {"reason": reason, "failure_type": rule.type}
    return error


def heard(action: str, ask: Callable[[], Said], *, writes: bool) -> Said:
    """Ask, and say in our words when no answer came."""
    try:
        return ask()
    except NotSent as error:
        raise StoreUnavailable(
            f"Cloudinary cannot be reached to {action}: nothing was sent.", failure_type="not_sent"
        ) from error
    except NoAnswer as error:
        raise _unclear(writes)(
            f"Cloudinary did not answer when asked to {action}.", failure_type="no_answer"
        ) from error


def _unclear(writes: bool) -> type[AppError]:  # noqa: FBT001 - the one thing that this depends on
    return OutcomeUnknown if writes else StoreUnavailable


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
