"""What a reply of ImageKit means: a file that is there, or one of our errors."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import AppError, StoreRefused
from shared.failures import diagnose
from shared.media.refusals import Speaker, unclear

IMAGEKIT: Final = Speaker(
    "ImageKit",
    check="IMAGEKIT_URL, that the account is enabled and shows unsigned URLs, and what is left of its plan",
)
LONGEST_WAIT: Final = 3600
LONGEST_REASON: Final = 200
ANY_URL: Final = re.compile(r"\S+://\S+")


@dataclass(frozen=True, slots=True)
class Said:
    """One reply; a body that nobody could read has no facts."""

    status: int
    facts: object = None
    # So many milliseconds to stay away, as it says it.
    resets: str | None = None

    @property
    def is_good(self) -> bool:
        return self.status in range(200, 300)

    @property
    def is_absent(self) -> bool:
        """A definite no, in its own words: a proxy's 404 says nothing about a photo."""
        return self.status == 404 and "does not exist" in self.message

    @property
    def message(self) -> str:
        return str(self.facts.get("message", "")) if isinstance(self.facts, Mapping) else ""


class Version(BaseModel):
    """One of the contents that a file has had."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, defer_build=True)

    id: str = Field(min_length=1)


class File(BaseModel):
    """What a reply tells of one file. Of its digest it never tells anything."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, defer_build=True)

    file_id: str = Field(alias="fileId", min_length=1)
    path: str = Field(alias="filePath")
    version: Version = Field(alias="versionInfo")

    @property
    def name(self) -> str:
        return self.path.removeprefix("/")


@dataclass(frozen=True, slots=True)
class Original:
    """What a viewer who asks for the original is given, and what it is like."""

    size: int
    md5: str
    mime: str


def understood(action: str, facts: object, *, writes: bool) -> File:
    """Read the facts of a file; a reply without them is no answer."""
    try:
        return File.model_validate(facts)
    except ValidationError as error:
        wrong = sorted({str(each["loc"][0]) if each["loc"] else "a JSON object" for each in error.errors()})
        raise unclear(writes)(
            f"ImageKit was asked to {action} and its reply lacks {', '.join(wrong)}.", failure_type="no_answer"
        ) from None


def found(said: Said, name: str) -> File | None:
    """Pick the one that was searched for; a search may find what is only similar, and folders."""
    if not isinstance(said.facts, list):
        raise unclear(writes=False)("ImageKit was asked to look and its reply is no list.", failure_type="no_answer")
    hits = [each for each in said.facts if isinstance(each, Mapping) and each.get("filePath") == f"/{name}"]
    return understood("look", hits[0], writes=False) if hits else None


def refusal(action: str, said: Said, *, writes: bool) -> AppError:
    """Turn a reply that is not a success into the error that says what must follow."""
    rule = diagnose("imagekit", said.status, said.message)
    wait = _wait(said) if rule.type == "rate_limited" else None
    return IMAGEKIT.refusal(action, rule, reason=_reason(said), writes=writes, wait=wait)


def unseen(said: Said, *, writes: bool) -> AppError:
    """A file that was taken and is not shown is not refused: it may be shown a moment later."""
    error = refusal("show", said, writes=writes)
    if not isinstance(error, StoreRefused):
        return error
    return unclear(writes)(f"ImageKit does not show what it holds ({said.status}).", failure_type="no_answer")


def _reason(said: Said) -> str:
    """Keep its own words, without what it repeats of ours: signed URLs."""
    return f"{said.status} {' '.join(ANY_URL.sub('(a URL)', said.message).split())[:LONGEST_REASON]}".strip()


def _wait(said: Said) -> int | None:
    try:
        return min(LONGEST_WAIT, max(1, math.ceil(float(said.resets or "") / 1000)))
    except (ValueError, OverflowError):
        return None
