"""What may stand beside the photo in the form: what it completes, and what is worth knowing of it."""

from datetime import UTC, datetime

from pydantic import Field, field_validator

from shared.edge.fields import TargetFields


class FormFields(TargetFields):
    """A hunt stop (team_id and location_id), or a project; and names for people to read."""

    idempotency_key: str | None = Field(default=None, alias="idempotencyKey")
    hunt_name: str | None = Field(default=None, max_length=255)
    organization_name: str | None = Field(default=None, max_length=255)
    location_title: str | None = Field(default=None, max_length=255)
    session_id: str | None = Field(default=None, max_length=255)
    team_name: str | None = Field(default=None, max_length=255)
    completed_at: datetime | None = None

    @field_validator("completed_at")
    @classmethod
    def _with_a_zone(cls, given: datetime | None) -> datetime | None:
        if given is not None and given.tzinfo is None:
            raise ValueError("send completed_at with its zone, like 2026-05-17T09:41:00Z")
        return given.astimezone(UTC) if given else None

    @property
    def details(self) -> dict[str, object]:
        """What was said of the photo, as the ledger keeps it."""
        names = ("hunt_name", "organization_name", "location_title", "session_id", "team_name")
        said: dict[str, object] = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.completed_at:
            said["completed_at"] = self.completed_at.isoformat()
        return said
