"""How many calls of the few that a provider allows were made today, whichever invocation made them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from shared.media.listing import ListedStore


class DayIsOver(Exception):
    """No more calls today; tomorrow is another day."""


class Meter:
    """Counts calls to metered stores; the others cost nothing."""

    def __init__(self, day: str, calls: int, most: int) -> None:
        self._day = day
        self.calls = calls
        self._most = most

    @classmethod
    def of(cls, cursor: Mapping[str, Any], today: date, most: int) -> Self:
        """Go on counting where the last invocation of the same day ended."""
        day = today.isoformat()
        return cls(day, int(cursor.get("calls", 0)) if cursor.get("day") == day else 0, most)

    def spend(self, store: ListedStore) -> None:
        """Count one call before it is made."""
        if not store.is_metered:
            return
        if self.calls >= self._most:
            raise DayIsOver
        self.calls += 1

    def cursor(self) -> dict[str, object]:
        return {"day": self._day, "calls": self.calls}
