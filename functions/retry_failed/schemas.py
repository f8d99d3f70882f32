"""What may be asked to be tried again: which failed uploads, how many of them, and whether only to look."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr, StringConstraints, model_validator

from shared.db.retry_facts import Chosen, RetryRun
from shared.edge.fields import Moment
from shared.edge.parse import Body
from shared.photos import Door

MOST_IDS = 100
MOST_AT_ONCE = 1_000

Word = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z0-9_.-]{1,64}$")]
FailureClass = Literal["transient", "ambiguous", "permanent", "outage"]


class RetryRequest(Body):
    """Filters narrow down; without any, all failed uploads of the organisation are meant."""

    trigger: StrictStr | None = Field(default=None, min_length=1, max_length=100)
    source: Literal["client", "client-sync", "manual"] = "manual"
    dry_run: StrictBool = False
    limit: StrictInt = Field(default=100, ge=1, le=MOST_AT_ONCE)

    classes: list[FailureClass] | None = Field(default=None, min_length=1, max_length=4)
    error_types: list[Word] | None = Field(default=None, min_length=1, max_length=50)
    providers: list[Word] | None = Field(default=None, min_length=1, max_length=20)
    doors: list[Door] | None = Field(default=None, min_length=1, max_length=3)
    venue_id: UUID | None = None
    project_id: UUID | None = None
    actor_id: StrictStr | None = Field(default=None, min_length=1, max_length=255)
    older_than: Moment | None = None
    newer_than: Moment | None = None
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_IDS)

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.older_than and self.newer_than and self.newer_than >= self.older_than:
            raise ValueError("newer_than must be earlier than older_than: nothing lies between them")
        return self

    @property
    def chosen(self) -> Chosen:
        return Chosen(
            classes=_tuple(self.classes),
            error_types=_tuple(self.error_types),
            providers=_tuple(self.providers),
            doors=_tuple(self.doors),
            venue_id=self.venue_id,
            project_id=self.project_id,
            of_actor=self.actor_id,
            older_than=self.older_than,
            newer_than=self.newer_than,
            ids=None if self.ids is None else tuple(self.ids),
        )


def _tuple(given: list[FailureClass] | list[str] | list[Door] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(str(each) for each in given)


def run_view(run: RetryRun) -> Mapping[str, object]:
    """A run as whoever asked for it is told of it."""
    told = {each.name: getattr(run, each.name) for each in fields(run) if each.name != "org_id"}
    return {"id": told.pop("id"), **told}
