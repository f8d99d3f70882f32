"""What an audit knows and finds, as values: they cost no driver to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.photos import AttemptState, StoreName


class AuditState(StrEnum):
    """How far an audit got. A stopped one found so much amiss that it would rather ask a person."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class AuditSource(StrEnum):
    """Who asked for it."""

    SCHEDULE = "schedule"
    MANUAL = "manual"


class FindingKind(StrEnum):
    """What may be amiss with a name."""

    ORPHAN = "orphan"
    MISSING = "missing"
    EXTRA_VERSION = "extra_version"
    CONDEMNED_THERE = "condemned_there"


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit, and how far it got."""

    id: UUID
    source: AuditSource
    state: AuditState
    cursor: Mapping[str, Any]
    counts: Mapping[str, Any]
    report_key: str | None
    stopped: str | None
    is_overdue: bool
    lease_token: UUID | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One name that something is amiss with; `facts` is what the report says of it."""

    kind: FindingKind
    store: StoreName
    object_name: str
    photo_id: UUID | None = None
    org_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def saying(self, **facts: object) -> "Finding":
        """The same finding, with more to say."""
        return replace(self, facts={**self.facts, **facts})


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger says of a name: nothing, when no attempt has ever had it."""

    name: str
    state: AttemptState | None = None
    version: str | None = None
    # Nothing can land any more, and the reaper had a whole day.
    is_overdue: bool = False
    is_parked: bool = False
    photo_id: UUID | None = None
    org_id: UUID | None = None
    was_missing: bool = False
