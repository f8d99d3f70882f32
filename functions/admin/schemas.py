"""What may be asked of reports and failures: in which form, and which of them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.db.report_facts import FailureFilters
from shared.edge.query import PageQuery, Query
from shared.photos import Door

Word = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]


class ReportQuery(Query):
    """For a program, or for a spreadsheet."""

    format: Literal["json", "csv"] = "json"


class FailuresQuery(PageQuery):
    """Filters narrow down; without any, all failures of the organisation are meant."""

    failure_class: Literal["transient", "ambiguous", "permanent", "outage"] | None = Field(
        default=None, validation_alias="class"
    )
    failure_type: Word | None = Field(default=None, validation_alias="type")
    provider: Word | None = None
    door: Door | None = None
    venue_id: UUID | None = None
    project_id: UUID | None = None

    @property
    def filters(self) -> FailureFilters:
        return FailureFilters(
            self.failure_class, self.failure_type, self.provider, self.door, self.venue_id, self.project_id
        )
