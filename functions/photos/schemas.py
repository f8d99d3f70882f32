"""What may be asked of photos: how a list is narrowed down, and what the detection service reports."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, StrictStr, field_validator, model_validator

from shared.edge.parse import Body
from shared.photos import PhotoStatus, Target
from shared.uploads.listing import Filters

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100


class ListQuery(Body):
    """The query of a list. What is not named here is refused, so that nobody believes in a filter that is none."""

    project_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    venue_id: UUID | None = None
    status: PhotoStatus | None = None
    since: datetime | None = Field(default=None, alias="from")
    until: datetime | None = Field(default=None, alias="to")
    limit: int = DEFAULT_LIMIT
    cursor: str | None = Field(default=None, max_length=500)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = sorted(name[:50] for name in given.keys() - set(known))
        if unknown:
            raise ValueError(f"there is no parameter {', '.join(unknown[:5])}; there are {', '.join(known)}")
        return given

    @field_validator("since", "until", mode="before")
    @classmethod
    def _moment(cls, given: str) -> datetime:
        # Left to itself, pydantic takes a bare number for seconds since 1970.
        moment = _moment_of(given)
        if moment is None:
            raise ValueError(
                "send an ISO-8601 time with its zone, like 2026-05-17T09:41:00Z; in a URL, + is written %2B"
            )
        return moment

    @field_validator("limit", mode="before")
    @classmethod
    def _clamped(cls, given: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]{0,99}", given):
            raise ValueError(f"send a whole number from 1; more than {LARGEST_LIMIT} count as {LARGEST_LIMIT}")
        return min(int(given), LARGEST_LIMIT)

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("from must be earlier than to")
        return self

    @property
    def filters(self) -> Filters:
        target = Target(self.project_id, self.team_id, self.location_id, self.venue_id)
        return Filters(target, self.status, self.since, self.until)


class StatusReport(Body):
    """Where a photo stands by now, and why, if there is something to say."""

    status: Literal["processing", "completed", "failed", "permanently_failed"]
    detail: StrictStr | None = Field(default=None, max_length=500)


def _moment_of(given: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(given)
        # In UTC: the database knows fewer zones than Python does.
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
