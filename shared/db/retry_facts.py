"""What it is to try again: which uploads somebody means, and how a run over them went."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID, uuid4

from shared.photos import StoreName


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which failed uploads somebody means; what is None narrows nothing."""

    classes: tuple[str, ...] | None = None
    error_types: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    doors: tuple[str, ...] | None = None
    venue_id: UUID | None = None
    project_id: UUID | None = None
    of_actor: str | None = None
    older_than: datetime | None = None
    newer_than: datetime | None = None
    ids: tuple[UUID, ...] | None = None

    def params(self) -> dict[str, object]:
        """Arrays as the driver wants them."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be tried again: how much of which class and type, and the first of them."""

    matched: int
    by_class: Mapping[str, int]
    by_type: Mapping[str, int]
    uploads: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Reopened:
    """An upload that is due now because somebody asked."""

    upload_id: UUID
    store: StoreName


@dataclass(frozen=True, slots=True)
class RetryRun:
    """One run: who asked for it, and what came of it."""

    source: str
    id: UUID = field(default_factory=uuid4)
    org_id: UUID | None = None
    trigger: str | None = None
    requested_by: str | None = None
    filters: Mapping[str, object] = field(default_factory=dict)
    attempted: int = 0
    success: int = 0
    failed: int = 0
    skipped: int = 0
    remaining: int = 0
    by_type: Mapping[str, int] = field(default_factory=dict)
    by_user: Mapping[str, int] = field(default_factory=dict)
    stopped: str | None = None
    duration_ms: int = 0
    created_at: datetime | None = None
