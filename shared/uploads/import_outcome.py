"""What came of each image of an import, and of all of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from shared.photos import ImageStatus, Reply, Source

if TYPE_CHECKING:
    from shared.db.venue_facts import Known, LivePhoto


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an image is not there, and when it is tried again by itself."""

    error_type: str
    failure_class: str
    detail: str
    next_retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One image: how far it got, and whether anything was done about it now."""

    source: Source
    status: ImageStatus
    upload_id: UUID | None = None
    problem: Problem | None = None
    photo: Mapping[str, object] | None = None
    skipped: bool = False

    @property
    def column(self) -> str:
        """What it counts as."""
        return "skipped" if self.skipped else self.status


@dataclass(frozen=True, slots=True)
class Imported:
    """An import: its images in the order in which they were named, and what is left of the rate."""

    venue_id: UUID
    outcomes: Sequence[Outcome]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, object]:
        """How many of what; the parts add up to the first."""
        counts = Counter(outcome.column for outcome in self.outcomes)
        types = Counter(o.problem.error_type for o in self.outcomes if o.problem and not o.skipped)
        columns = (*map(str, ImageStatus), "skipped")
        return {
            "discovered": len(self.outcomes),
            **{column: counts[column] for column in columns},
            "failure_breakdown": dict(types.most_common()),
        }


def outcome_of(source: Source, upload_id: UUID, reply: Reply, *, skipped: bool = False) -> Outcome:
    """What a reply says, be it of this time or of an earlier one."""
    if reply.status >= 400:
        problem = Problem(str(reply.body["code"]), "permanent", str(reply.body["message"]))
        return Outcome(source, ImageStatus.PERMANENTLY_FAILED, upload_id, problem, skipped=skipped)
    if reply.status == 202:
        return Outcome(source, ImageStatus.PENDING, upload_id, skipped=skipped)
    return Outcome(source, ImageStatus.UPLOADED, upload_id, photo=reply.body, skipped=skipped)


def photo_facts(known: "Known", photo: "LivePhoto") -> dict[str, object]:
    """A photo that is there already, as a reply would tell of it."""
    return {
        "photo_id": str(photo.id),
        "upload_id": str(known.upload_id),
        "status": "uploaded",
        "store": photo.store,
        "object_name": photo.object_name,
        "version": photo.version,
        "asset_id": photo.ref.get("asset_id"),
        "display_url": photo.ref.get("secure_url"),
    }
