"""Fields that several requests have in common: what a photo completes."""

from typing import Self
from uuid import UUID

from pydantic import model_validator

from shared.edge.parse import Body
from shared.photos import Target

SHA256 = r"^[0-9a-fA-F]{64}$"


class TargetFields(Body):
    """A project, a hunt stop (team_id and location_id), or a venue: exactly one of them."""

    project_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    venue_id: UUID | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        self.require_one(self.project_id, self.team_id, self.location_id, self.venue_id)
        return self

    @staticmethod
    def require_one(
        project_id: UUID | None, team_id: UUID | None, location_id: UUID | None, venue_id: UUID | None
    ) -> None:
        """Refuse none, several, and half a hunt stop."""
        several = sum(each is not None for each in (project_id, team_id, venue_id)) != 1
        if several or (team_id is None) != (location_id is None):
            raise ValueError("send project_id, or team_id and location_id, or venue_id")

    @property
    def target(self) -> Target:
        return Target(self.project_id, self.team_id, self.location_id, self.venue_id)

    @property
    def target_ids(self) -> dict[str, str]:
        return {name: str(getattr(self.target, name)) for name in Target.__slots__ if getattr(self.target, name)}
