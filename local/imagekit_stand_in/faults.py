"""Faults: which ones are armed, and which one strikes the next call."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from threading import Lock
from typing import Any


class Operation(StrEnum):
    """The kinds of call that are counted and can be made to fail."""

    UPLOAD = "upload"
    LIST = "list"
    DETAILS = "details"
    DELETE = "delete"
    PURGE = "purge"
    DELIVERY = "delivery"


# Besides these, every status from 400 to 599 is a fault: answered so, and nothing applied.
WAYS: Mapping[str, str] = {
    "refuse": "the connection ends before anything was read",
    "lose_reply": "applied, then the connection ends without an answer",
    "slow": "applied, then answered after `seconds`",
    "truncate": "half of the bytes are stored, and the answer is honest about it",
}
FIELDS = frozenset({"fault", "operation", "times", "seconds"})
LONGEST_SECONDS = 3600.0


@dataclass(slots=True)
class ArmedFault:
    """One fault that waits for its call; `times` None means until it is cleared."""

    fault: str
    operation: Operation | None = None
    times: int | None = None
    seconds: float = 30.0

    @property
    def status(self) -> int | None:
        return int(self.fault) if self.fault.isdigit() else None


class Faults:
    """The armed faults, oldest first: each call takes the first that fits it."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._lock = Lock()

    def arm(self, fault: ArmedFault) -> None:
        with self._lock:
            self._armed.append(fault)

    def take(self, operation: Operation) -> ArmedFault | None:
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


def parse_fault(sent: object) -> ArmedFault:
    """Understand one order of the control API; a ValueError says what was wrong with it."""
    if not isinstance(sent, Mapping) or not FIELDS.issuperset(sent):
        raise ValueError('Expected a JSON object such as {"fault": "503", "times": 1, "operation": "upload"}.')
    fault, operation = str(sent.get("fault")), sent.get("operation")
    if fault not in WAYS and not (fault.isascii() and fault.isdigit() and 400 <= int(fault) <= 599):
        raise ValueError(f"Unknown fault {fault!r}: use a status from 400 to 599, or one of {sorted(WAYS)}.")
    if operation is not None and operation not in set(Operation):
        raise ValueError(f"Unknown operation {operation!r}: use one of {sorted(Operation)}, or none for every call.")
    return ArmedFault(
        fault,
        None if operation is None else Operation(operation),
        _times(sent.get("times")),
        _seconds(sent.get("seconds")),
    )


def _times(sent: Any) -> int | None:  # noqa: ANN401 -- whatever JSON holds
    if sent is not None and (type(sent) is not int or sent < 1):
        raise ValueError(f"times is {sent!r}: use a whole number from 1, or null for until cleared.")
    return sent


def _seconds(sent: Any) -> float:  # noqa: ANN401 -- whatever JSON holds
    if sent is None:
        return 30.0
    if type(sent) not in (int, float) or not 0 <= sent <= LONGEST_SECONDS:
        raise ValueError(f"seconds is {sent!r}: use a number from 0 to {LONGEST_SECONDS:.0f}.")
    return float(sent)
