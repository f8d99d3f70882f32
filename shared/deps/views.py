"""What shows photos together: counted, measured, found."""

from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.photos import Caller, Upload

if TYPE_CHECKING:
    from datetime import datetime

    from shared.photos.progress import Position, Readings, Scope, Stats, Updates
    from shared.photos.search import Alike, Looks


class Progress(Protocol):
    """Counts photos, and tells what happened to them; see `shared.db.progress`."""

    def stats(self, caller: Caller, scope: "Scope") -> "Stats": ...
    def updates(self, caller: Caller, scope: "Scope", after: "Position") -> "Updates": ...


class Telemetry(Protocol):
    """Measures how long photos take; see `shared.db.telemetry`."""

    def read(self, caller: Caller) -> "Readings": ...


class Search(Protocol):
    """Finds photos; see `shared.db.search`."""

    def alike(self, caller: Caller, looks: "Looks", *, skip: int, limit: int) -> "Alike": ...
    def saying(
        self, caller: Caller, q: str, project_id: UUID | None, *, after: "tuple[datetime, UUID] | None", limit: int
    ) -> list[Upload]: ...


class ViewDeps(Protocol):
    """What shows photos together."""

    @property
    def progress(self) -> Progress: ...
    @property
    def telemetry(self) -> Telemetry: ...
    @property
    def search(self) -> Search: ...
