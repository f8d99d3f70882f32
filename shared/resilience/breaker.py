"""Whether a provider may be called now: when call after call fails, it is left alone for a while."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol, Self, TypeVar, cast
from uuid import uuid4

from shared.errors import (
    AppError,
    OutcomeUnknown,
    ProviderDown,
    Refused,
    StoreBusy,
    StoreRefused,
    StoreUnavailable,
    Trouble,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker import CircuitBreakerConfig, CircuitTransition

T = TypeVar("T")


class BreakerState(StrEnum):
    """Closed lets calls through, open lets none, half open lets one find out."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


OnChange = Callable[[str, BreakerState, BreakerState], None]


@dataclass(frozen=True, slots=True)
class BreakerRow:
    """What all containers know of one breaker."""

    name: str
    state: BreakerState = BreakerState.CLOSED
    failure_count: int = 0
    opened_at: datetime | None = None
    half_open_owner: str | None = None
    probe_lease_expiry: datetime | None = None

    @classmethod
    def of(cls, name: str, found: Mapping[str, Any] | None) -> Self:
        """Read a row as `row_to_json` writes it. No row is a breaker that never opened."""
        if found is None:
            return cls(name)
        return cls(
            name=name,
            state=BreakerState(found["state"]),
            failure_count=found["failure_count"],
            opened_at=_moment(found["opened_at"]),
            half_open_owner=found["half_open_owner"],
            probe_lease_expiry=_moment(found["probe_lease_expiry"]),
        )

    def free_at(self, recovery: int) -> datetime | None:
        """When the next probe may be sent; from then on `try_half_open` decides who sends it."""
        if self.state is BreakerState.OPEN and self.opened_at:
            return self.opened_at + timedelta(seconds=recovery)
        return self.probe_lease_expiry


class BreakerRows(Protocol):
    """Keeps the rows. Every write is conditional, and says whether it changed anything."""

    def get(self, name: str) -> BreakerRow | None: ...
    def open(self, name: str, failures: int) -> bool: ...
    def try_half_open(self, name: str, owner: str, recovery: int) -> bool: ...
    def reopen(self, name: str, owner: str) -> bool: ...
    def close(self, name: str, owner: str) -> bool: ...


class BreakerOpen(StoreUnavailable):
    """The photo store is paused because calls to it kept failing."""

    code, failure_class = "store_paused", "outage"


@dataclass(frozen=True, slots=True)
class Policy:
    """What counts as a failure, what proves that the other side is up, and what follows.

    Everything else that a call raises says nothing about the other side. `answers` are looked at first.
    """

    failures: tuple[type[AppError], ...]
    answers: tuple[type[AppError], ...]
    refusal: type[AppError]
    threshold: int = 5
    recovery: int = 30


STORE: Final = Policy(
    failures=(StoreUnavailable, OutcomeUnknown, ProviderDown),
    answers=(StoreBusy, StoreRefused, Refused),
    refusal=BreakerOpen,
)


class Breaker:
    """Guards one provider, outside the retries: a call that succeeds at its third try has not failed."""

    def __init__(
        self,
        name: str,
        rows: BreakerRows,
        *,
        policy: Policy = STORE,
        on_change: OnChange = lambda _name, _old, _new: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._rows = rows
        self._policy = policy
        self._on_change = on_change
        self._clock = clock
        # Powertools counts per process and circuit name; so every Breaker counts for itself.
        self._circuit = f"{name}#{uuid4().hex}"

    def call(
        self, function: Callable[[], T], *, known: BreakerRow | None = None, probe: Callable[[], T] | None = None
    ) -> T:
        """Call, unless the provider is paused. With `known`, the row that was just read, a healthy call asks nobody.

        `probe` is the same call without its retries: what is sent when one call must find out.
        """
        from aws_lambda_powertools.utilities.circuit_breaker import (  # noqa: PLC0415
            CircuitBreakerConfig,
            circuit_breaker,
        )

        policy = self._policy
        view = _View(self._name, self._rows, policy.recovery, known, self._clock)
        config = CircuitBreakerConfig(policy.threshold, policy.recovery, 1, policy.failures)
        refuse, tell = partial(self._refuse, view), partial(self._tell, view)
        guard = circuit_breaker(self._circuit, cast("Any", view), refuse, tell, config)
        outcome = guard(lambda: self._attempt((view.is_probing and probe) or function, config))()
        if isinstance(outcome, _Answer):
            raise outcome.error
        return cast("T", outcome)

    def _attempt(self, function: Callable[[], T], config: "CircuitBreakerConfig") -> "T | _Answer":
        try:
            return function()
        except self._policy.answers as error:
            return _Answer(error)
        except AppError as error:
            if error.failure_class == "outage":
                config.failure_threshold = 1
            raise

    def _tell(self, view: "_View", change: "CircuitTransition") -> None:
        if view.has_moved:
            old, new = (BreakerState(state.lower()) for state in (change.from_state, change.to_state))
            self._on_change(self._name, old, new)

    def _refuse(self, view: "_View", circuit: object) -> NoReturn:  # noqa: ARG002 - Powertools' call, by name
        now = self._clock().timestamp()
        free_at = view.row.free_at(self._policy.recovery)
        # Whoever lost the race for the probe is soon told how it went. Whole seconds, as Powertools counts.
        until = ceil(max(now + 1, free_at.timestamp() if free_at else 0))
        raise self._policy.refusal(
            f"Calls to {self._name} are paused until {datetime.fromtimestamp(until, UTC):%H:%M:%S} UTC because they "
            "kept failing. Send this again after that.",
            retry_after=ceil(until - now),
            breaker=self._name,
            failure_type="breaker_open",
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """An error that proves the other side to be up. Powertools is shown a success, which ends a row of failures."""

    error: AppError


class _View:
    """What Powertools takes for its persistence layer, made for one call so that it may know who probes.

    The signatures are Powertools'. Its moments are not used: the rows have a clock of their own.
    It does not inherit: the package of Powertools' base class imports boto3, for a table that we do not use.
    """

    def __init__(
        self, name: str, rows: BreakerRows, recovery: int, known: BreakerRow | None, clock: Callable[[], datetime]
    ) -> None:
        self.has_moved = False
        self._name = name
        self._rows = rows
        self._recovery = recovery
        self._known = known
        self._owner = ""
        # Powertools reads the machine's clock, in whole seconds: what it is told is moved from ours to that one.
        self._shift = int(time.time()) - int(clock().timestamp())

    @property
    def row(self) -> BreakerRow:
        if self._known is None:
            self._known = self._read()
        return self._known

    @property
    def is_probing(self) -> bool:
        """Of the calls that get through, only a probe saw anything but a closed breaker."""
        return self.row.state is not BreakerState.CLOSED

    def configure(self, config: object, circuit_name: str) -> None:
        pass

    def get_state(self, name: str) -> "_Record":  # noqa: ARG002
        row = self.row
        self._owner = row.half_open_owner or ""
        return _Record(
            state=row.state.upper(),
            opened_at=self._second(row.opened_at),
            half_open_owner=row.half_open_owner,
            probe_lease_expiry=self._second(row.probe_lease_expiry),
        )

    def save_open(self, name: str, failure_count: int, opened_at: int) -> None:  # noqa: ARG002
        self._write(lambda: self._rows.open(self._name, failure_count))

    def try_acquire_half_open(self, name: str, owner: str, opened_at: int) -> bool:  # noqa: ARG002
        self._owner = owner
        return self._write(lambda: self._rows.try_half_open(self._name, owner, self._recovery))

    def save_closed(self, name: str) -> None:  # noqa: ARG002
        self._write(lambda: self._rows.close(self._name, self._owner))

    def save_reopen(self, name: str, opened_at: int) -> None:  # noqa: ARG002
        self._write(lambda: self._rows.reopen(self._name, self._owner))

    def _read(self) -> BreakerRow:
        try:
            return self._rows.get(self._name) or BreakerRow(self._name)
        except Trouble:
            return BreakerRow(self._name)  # a breaker must not become the outage that it is there to prevent

    def _write(self, change: Callable[[], bool]) -> bool:
        try:
            self.has_moved = change()
        except Trouble:
            self.has_moved = False  # nor may it hide how the call itself went
        return self.has_moved

    def _second(self, moment: datetime | None) -> int | None:
        # Rounded up: a probe is never asked for before it is due.
        return None if moment is None else ceil(moment.timestamp()) + self._shift


@dataclass(frozen=True, slots=True)
class _Record:
    """A row as Powertools reads it: its own words for the states, and whole seconds."""

    state: str
    opened_at: int | None
    half_open_owner: str | None
    probe_lease_expiry: int | None

    def to_circuit_info(self) -> None:
        """Powertools would show this to `refuse`, which knows more."""


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
