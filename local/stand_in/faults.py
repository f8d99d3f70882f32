"""Faults: which ones are armed, and which one strikes the next call."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from threading import Lock
from typing import Any


class Operation(StrEnum):
    """The kinds of call that are counted and can be made to fail."""

    UPLOAD = "upload"
    EXPLICIT = "explicit"
    DESTROY = "destroy"
    RENAME = "rename"
    TAGS = "tags"
    CONTEXT = "context"
    ADMIN = "admin"
    DELIVERY = "delivery"


class Fault(StrEnum):
    """The ways a call can go wrong.

    refuse      the connection ends before anything was read
    420 500 502_html 401   answered so, and nothing applied
    slow        applied, then answered after `seconds`
    lose_reply  applied, then the connection ends without an answer
    apply_late  the connection ends at once, and the call is applied after `seconds`
    truncate    half of the bytes are stored, and the answer is honest about it
    other_asset foreign bytes lie under the name, and the answer is theirs, validly signed
    """

    REFUSE = "refuse"
    RATE_LIMITED = "420"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502_html"
    UNAUTHORIZED = "401"
    SLOW = "slow"
    LOSE_REPLY = "lose_reply"
    APPLY_LATE = "apply_late"
    TRUNCATE = "truncate"
    OTHER_ASSET = "other_asset"


NOT_APPLIED = frozenset({Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.UNAUTHORIZED})
UPLOAD_ONLY = frozenset({Fault.TRUNCATE, Fault.OTHER_ASSET})
DEFAULT_SECONDS = {Fault.SLOW: 30.0, Fault.APPLY_LATE: 2.0}
LONGEST_SECONDS = 3600.0
FIELDS = frozenset({"fault", "times", "operation", "seconds"})


@dataclass(slots=True)
class ArmedFault:
    """One fault that waits for its call; `times` None means until it is cleared."""

    fault: Fault
    operation: Operation | None
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
    if not isinstance(sent, Mapping):
        raise ValueError('Expected a JSON object such as {"fault": "500", "times": 1, "operation": "upload"}.')  # noqa: TRY004
    if unknown := sorted(set(map(str, sent)) - FIELDS):
        raise ValueError(f"Unknown field {unknown[0]!r}: use {_choices(FIELDS)}.")
    fault = _fault(sent.get("fault"))
    operation = _operation(sent.get("operation"))
    if fault in UPLOAD_ONLY and operation is None:
        operation = Operation.UPLOAD
    if fault in UPLOAD_ONLY and operation is not Operation.UPLOAD:
        raise ValueError(f"Fault {fault.value!r} changes uploaded bytes: its operation must be 'upload'.")
    return ArmedFault(fault, operation, _times(sent.get("times")), _seconds(sent.get("seconds"), fault))


def _fault(sent: object) -> Fault:
    name = str(sent)
    if name not in set(Fault):
        raise ValueError(f"Unknown fault {sent!r}: use {_choices(Fault)}.")
    return Fault(name)


def _operation(sent: object) -> Operation | None:
    if sent is None:
        return None
    if str(sent) not in set(Operation):
        raise ValueError(f"Unknown operation {sent!r}: use {_choices(Operation)}, or leave it out for every call.")
    return Operation(str(sent))


def _times(sent: Any) -> int | None:  # noqa: ANN401 -- whatever JSON holds
    if sent is None:
        return None
    if type(sent) is not int or sent < 1:
        raise ValueError(f"times is {sent!r}: use a whole number from 1, or null for until cleared.")
    return sent


def _seconds(sent: Any, fault: Fault) -> float:  # noqa: ANN401 -- whatever JSON holds
    if sent is None:
        return DEFAULT_SECONDS.get(fault, 0.0)
    if type(sent) not in (int, float) or not 0 <= sent <= LONGEST_SECONDS:
        raise ValueError(f"seconds is {sent!r}: use a number from 0 to {LONGEST_SECONDS:.0f}.")
    return float(sent)


def _choices(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
