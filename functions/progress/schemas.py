"""What may be asked of progress: whose, of which project, and since when."""

from typing import Literal
from uuid import UUID

from pydantic import AliasChoices, Field

from shared.edge.query import Query
from shared.photos.progress import Scope


class StatsQuery(Query):
    """One's own photos, unless it is said otherwise."""

    scope: Literal["actor", "organization"] = "actor"
    project_id: UUID | None = None

    @property
    def within(self) -> Scope:
        return Scope(everybody=self.scope == "organization", project_id=self.project_id)


class UpdatesQuery(StatsQuery):
    """A browser's own EventSource sends no header the first time; what stands in for it sends the second name."""

    last_event_id: str | None = Field(
        default=None, max_length=50, validation_alias=AliasChoices("last_event_id", "lastEventId")
    )
