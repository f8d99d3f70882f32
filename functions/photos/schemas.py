"""What may be asked of photos: how a list is narrowed down, and what the detection service reports."""

from typing import Literal, Self

from pydantic import Field, StrictStr, model_validator

from shared.edge.fields import Moment, TargetIds
from shared.edge.parse import Body
from shared.edge.query import PageQuery
from shared.photos import PhotoStatus
from shared.uploads.listing import Filters


class ListQuery(TargetIds, PageQuery):
    """The query of a list."""

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
        return Filters(self.target, self.status, self.since, self.until)


class StatusReport(Body):
    """Where a photo stands by now, and why, if there is something to say."""

    status: Literal["processing", "completed", "failed", "permanently_failed"]
    detail: StrictStr | None = Field(default=None, max_length=500)
