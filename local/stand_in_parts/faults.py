"""Faults: which can be ordered, which ones are armed, and which one strikes the next call."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

LONGEST_SECONDS = 3600.0
FIELDS = frozenset({"fault", "times", "operation", "seconds"})
UPLOAD = "upload"


@dataclass(slots=True)
class ArmedFault:
    """One fault that waits for its call; `times` None means until it is cleared."""

    fault: str
    operation: str | None
    times: int | None
    seconds: float


class Faults:
    """The armed faults, oldest first: each call takes the first that fits it."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._lock = Lock()

    def arm(self, fault: ArmedFault) -> None:
        with self._lock:
            self._armed.append(fault)

    def take(self, operation: str) -> ArmedFault | None:
        with self._lock:
            struck = next((each for each in self._armed if each.operation in (None, operation)), None)
            if struck and struck.times is not None:
                struck.times -= 1
                self._armed = [each for each in self._armed if each.times != 0]
            return struck

    def listed(self) -> list[dict[str, object]]:
        with self._lock:
            return [asdict(each) for each in self._armed]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What can be ordered of one stand-in: which faults, striking which operations."""

    operations: Collection[str]
    faults: Collection[str]
    # The faults that change uploaded bytes, and so strike nothing else.
    upload_only: Collection[str]
    # How long a fault takes unless told otherwise; one that is not named takes no time.
    seconds: Mapping[str, float]
    # Each of these is a fault, too.
    statuses: range = range(0)

    def parse(self, sent: object) -> ArmedFault:
        """Understand one order of the control API; a ValueError says what was wrong with it."""
        if not isinstance(sent, Mapping):
            raise ValueError('Expected a JSON object such as {"fault": "500", "times": 1, "operation": "upload"}.')  # noqa: TRY004
        if unknown := sorted(set(map(str, sent)) - FIELDS):
            raise ValueError(f"Unknown field {unknown[0]!r}: use {_choices(FIELDS)}.")
        fault = self._fault(sent.get("fault"))
        operation = self._operation(sent.get("operation"))
        if fault in self.upload_only and operation not in (None, UPLOAD):
            raise ValueError(f"Fault {fault!r} changes uploaded bytes: its operation must be 'upload'.")
        if fault in self.upload_only:
            operation = UPLOAD
        seconds = _seconds(sent.get("seconds"), self.seconds.get(fault, 0.0))
        return ArmedFault(fault, operation, _times(sent.get("times")), seconds)

    def _fault(self, sent: object) -> str:
        if str(sent) not in {*self.faults, *map(str, self.statuses)}:
            numbers = f", or a status from {self.statuses[0]} to {self.statuses[-1]}" if self.statuses else ""
            raise ValueError(f"Unknown fault {sent!r}: use {_choices(self.faults)}{numbers}.")
        return str(sent)

    def _operation(self, sent: object) -> str | None:
        if sent is None:
            return None
        if str(sent) not in self.operations:
            known = _choices(self.operations)
            raise ValueError(f"Unknown operation {sent!r}: use {known}, or leave it out for every call.")
        return str(sent)


def _times(sent: Any) -> int | None:  # noqa: ANN401 -- whatever JSON holds
    if sent is not None and (type(sent) is not int or sent < 1):
        raise ValueError(f"times is {sent!r}: use a whole number from 1, or null for until cleared.")
    return sent


def _seconds(sent: Any, default: float) -> float:  # noqa: ANN401 -- whatever JSON holds
    if sent is None:
        return default
    if type(sent) not in (int, float) or not 0 <= sent <= LONGEST_SECONDS:
        raise ValueError(f"seconds is {sent!r}: use a number from 0 to {LONGEST_SECONDS:.0f}.")
    return float(sent)


def _choices(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
