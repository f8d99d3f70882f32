"""What is measured to find trouble, and what is remembered of it: values, which cost no driver to import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Measured:
    """How things stand, for the whole deployment."""

    failed: int
    stored: int
    retried: int
    recovered: int
    unrecovered: int
    ended_in_week: int
    open_breakers: Sequence[str]
    dead_news: int
    dead_deliveries: int
    stuck_leases: int
    audit_stopped: str | None
    missing: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is as it should not be: of which kind, and how it is."""

    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """Trouble with a beginning, and perhaps an end."""

    id: UUID
    kind: str
    facts: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime | None
