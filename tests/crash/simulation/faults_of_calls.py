"""What may become of one call to the world, and of its reply."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import AppError

Raises = Callable[[], AppError]


class Fate(StrEnum):
    """How one call ends: undone, done, done late or done twice. Who dies meanwhile is not said here."""

    DONE = "done"
    REFUSED = "refused"  # a definite no: nothing happened, and the caller knows
    LOST = "done, but the reply is lost"
    LATE = "given up, and on its way"  # it happens later, or never
    TWICE = "asked twice"  # the connection broke after the first time, and the adapter asked again


@dataclass(frozen=True, slots=True)
class Call:
    """One call that an actor waits with, before its effect."""

    label: str
    effect: Callable[[], object]
    refusals: tuple[Raises, ...] = ()
    unknown: Raises | None = None
    late_for: float = 0.0
    repeatable: bool = False

    def ways_to_fail(self) -> list[Fate]:
        """The fates, other than the good one, that this call can meet."""
        may = {
            Fate.REFUSED: bool(self.refusals),
            Fate.LOST: self.unknown is not None,
            Fate.LATE: self.late_for > 0,
            Fate.TWICE: self.repeatable,
        }
        return [fate for fate, possible in may.items() if possible]


@dataclass(eq=False, slots=True)
class Late:
    """An effect that is still on its way; nobody waits for it any more."""

    label: str
    effect: Callable[[], object]
    lands_before: float
