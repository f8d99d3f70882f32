"""What a report is, and what it says: values, which cost no driver to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from shared.photos import Door


@dataclass(frozen=True, slots=True)
class Report:
    """A question in words, and in SQL: about the organisation `%(org_id)s`, and nobody else."""

    asks: str
    sql: LiteralString


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: its columns are named even where there is no row. `truncated` says that there are more rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    at: datetime
    truncated: bool


@dataclass(frozen=True, slots=True)
class FailureFilters:
    """Which failures are meant; what is None narrows nothing. A provider is a store, or where an import came from."""

    failure_class: str | None = None
    failure_type: str | None = None
    provider: str | None = None
    door: Door | None = None
    venue_id: UUID | None = None
    project_id: UUID | None = None

    def params(self) -> dict[str, object]:
        """By the names that they have in the question."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class FailedUpload:
    """One upload that failed for good, or that has trouble and is tried again."""

    id: UUID
    at: datetime
    facts: Mapping[str, object]
