"""What may be asked of photos: how a list is narrowed down, and what the detection service reports."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, StrictStr, model_validator

from shared.edge.fields import Moment
from shared.edge.parse import Body
from shared.edge.query import PageQuery
from shared.photos import PhotoStatus, Target
from shared.uploads.listing import Filters


class ListQuery(PageQuery):
    """The query of a list."""

    project_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    venue_id: UUID | None = None
    status: PhotoStatus | None = None
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")

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
