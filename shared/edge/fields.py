"""Fields that several requests have in common: what a photo completes, moments, and numbers that came as text."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, model_validator

from shared.edge.parse import Body
from shared.photos import Target

SHA256 = r"^[0-9a-fA-F]{64}$"
NO_MOMENT = "send an ISO-8601 time with its zone, like 2026-05-17T09:41:00Z (in a URL, + is written %2B)"


def _moment(given: object) -> datetime:
    # Left to itself, pydantic takes a bare number for seconds since 1970.
    try:
        moment = datetime.fromisoformat(str(given))
        if moment.tzinfo:
            # In UTC: the database knows fewer zones than Python does.
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(NO_MOMENT)


def _whole(given: object) -> int:
    # A query knows only text; but 1e6, 1_000, " 7" and True are not numbers of bytes.
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    if type(given) is int:
        return given
    raise ValueError("send a whole number, like 482113")


Moment = Annotated[datetime, BeforeValidator(_moment)]
Whole = Annotated[int, BeforeValidator(_whole)]


class TargetIds(Body):
    """Ids of what photos complete, as many of them as are given."""

    project_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    venue_id: UUID | None = None

    @property
    def target(self) -> Target:
        return Target(self.project_id, self.team_id, self.location_id, self.venue_id)

    def require_one(self) -> None:
        """Refuse none, several, and half a hunt stop."""
        several = sum(each is not None for each in (self.project_id, self.team_id, self.venue_id)) != 1
        if several or (self.team_id is None) != (self.location_id is None):
            raise ValueError("send project_id, or team_id and location_id, or venue_id")


class TargetFields(TargetIds):
    """A project, a hunt stop (team_id and location_id), or a venue: exactly one of them."""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        self.require_one()
        return self

    @property
    def target_ids(self) -> dict[str, str]:
        return {name: str(getattr(self.target, name)) for name in Target.__slots__ if getattr(self.target, name)}
