"""What a store holds, read page by page: how an audit sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from shared.photos import StoredObject, StoreName

# How an object is marked that no row of the ledger knows. Nobody deletes it: the ledger may be the one that forgot.
QUARANTINED: Final = "quarantined"


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """One version of an object; a marker hides the ones before it, and has no bytes."""

    id: str
    modified: datetime
    size: int = 0
    is_marker: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """All that a store holds under one name, newest first."""

    name: str
    versions: tuple[HeldVersion, ...]

    @property
    def bytes_there(self) -> tuple[HeldVersion, ...]:
        """The versions that can be read."""
        return tuple(version for version in self.versions if not version.is_marker)

    @property
    def newest(self) -> datetime:
        """When something last happened to this name."""
        return max(version.modified for version in self.versions)


@dataclass(frozen=True, slots=True)
class ListPage:
    """Whole names in the order of their UTF-8 bytes, and what to ask for the next page; None at the end."""

    held: tuple[Held, ...]
    onward: Mapping[str, str] | None


class ListedStore(Protocol):
    """A store whose objects can be counted, and treated one by one."""

    @property
    def name(self) -> StoreName: ...
    @property
    def is_metered(self) -> bool:
        """Whether each page and each look is one of a few that the provider allows."""
        ...

    def page(self, prefix: str, onward: Mapping[str, str]) -> ListPage: ...
    def look(self, name: str, version: str | None = None) -> StoredObject | None: ...
    def quarantine(self, held: Held) -> None: ...
    def remove(self, held: Held) -> None: ...
