"""Where breakers remember: a store's in the database for all containers, the database's own in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Final, LiteralString

from psycopg.rows import DictRow

from shared.db.connection import Database, LockTaken, Question
from shared.errors import DatabaseUnavailable
from shared.resilience.breaker import Breaker, BreakerRow, BreakerState, OnChange, Policy

GET_BREAKER = "SELECT row_to_json(b) AS breaker FROM breakers b WHERE name = %(name)s"

# A container that saw it closed may be late: it must not disturb a pause, or a probe, that began meanwhile.
OPEN_BREAKER = """
INSERT INTO breakers AS b (name, state, failure_count, opened_at)
VALUES (%(name)s, 'open', %(failures)s, now())
ON CONFLICT (name) DO UPDATE
   SET state = 'open', failure_count = excluded.failure_count, opened_at = now(), updated_at = now()
 WHERE b.state = 'closed'
RETURNING name
"""

# Exactly one wins: the others wait for its row lock, then no longer find what they asked for. The winner
# may ask again (its reply may have been lost). A prober that died is followed when its lease is over.
TRY_HALF_OPEN = """
UPDATE breakers
   SET state = 'half_open', half_open_owner = %(owner)s,
       probe_lease_expiry = now() + %(recovery)s * interval '1 second', updated_at = now()
 WHERE name = %(name)s
   AND (state = 'open' AND opened_at + %(recovery)s * interval '1 second' <= now()
        OR state = 'half_open' AND (half_open_owner = %(owner)s OR probe_lease_expiry <= now()))
RETURNING name
"""

# The owner is the fence: a prober that outlived its lease changes nothing.
REOPEN_BREAKER = """
UPDATE breakers
   SET state = 'open', failure_count = failure_count + 1, opened_at = now(),
       half_open_owner = NULL, probe_lease_expiry = NULL, updated_at = now()
 WHERE name = %(name)s AND state = 'half_open' AND half_open_owner = %(owner)s
RETURNING name
"""
CLOSE_BREAKER = """
UPDATE breakers
   SET state = 'closed', failure_count = 0, opened_at = NULL,
       half_open_owner = NULL, probe_lease_expiry = NULL, updated_at = now()
 WHERE name = %(name)s AND state = 'half_open' AND half_open_owner = %(owner)s
RETURNING name
"""

# Each container counts for itself, so a short pause is enough to spare the server.
DATABASE: Final = Policy(
    failures=(DatabaseUnavailable,), answers=(LockTaken,), refusal=DatabaseUnavailable, recovery=10
)


class PostgresBreakerRows:
    """Rows that all containers share, timed by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> BreakerRow | None:
        rows = self._ask(GET_BREAKER, name=name)
        return BreakerRow.of(name, rows[0]["breaker"]) if rows else None

    def open(self, name: str, failures: int) -> bool:
        return bool(self._ask(OPEN_BREAKER, name=name, failures=failures))

    def try_half_open(self, name: str, owner: str, recovery: int) -> bool:
        return bool(self._ask(TRY_HALF_OPEN, name=name, owner=owner, recovery=recovery))

    def reopen(self, name: str, owner: str) -> bool:
        return bool(self._ask(REOPEN_BREAKER, name=name, owner=owner))

    def close(self, name: str, owner: str) -> bool:
        return bool(self._ask(CLOSE_BREAKER, name=name, owner=owner))

    def _ask(self, sql: LiteralString, **params: object) -> list[DictRow]:
        return self._database.ask(Question(sql, params))


class MemoryBreakerRows:
    """Rows of this container alone, for what cannot be remembered in the thing it guards."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._rows: dict[str, BreakerRow] = {}
        self._lock = Lock()

    def get(self, name: str) -> BreakerRow | None:
        return self._rows.get(name)

    def open(self, name: str, failures: int) -> bool:
        with self._lock:
            if self._row(name).state is not BreakerState.CLOSED:
                return False
            self._rows[name] = BreakerRow(name, BreakerState.OPEN, failures, self._clock())
            return True

    def try_half_open(self, name: str, owner: str, recovery: int) -> bool:
        with self._lock:
            row, now = self._row(name), self._clock()
            free_at = row.free_at(recovery)
            if free_at is None or (free_at > now and row.half_open_owner != owner):
                return False
            lease = now + timedelta(seconds=recovery)
            self._rows[name] = replace(
                row, state=BreakerState.HALF_OPEN, half_open_owner=owner, probe_lease_expiry=lease
            )
            return True

    def reopen(self, name: str, owner: str) -> bool:
        with self._lock:
            row = self._row(name)
            if row.half_open_owner != owner:
                return False
            self._rows[name] = BreakerRow(name, BreakerState.OPEN, row.failure_count + 1, self._clock())
            return True

    def close(self, name: str, owner: str) -> bool:
        with self._lock:
            if self._row(name).half_open_owner != owner:
                return False
            self._rows[name] = BreakerRow(name)
            return True

    def _row(self, name: str) -> BreakerRow:
        return self._rows.get(name) or BreakerRow(name)


class GuardedDatabase(Database):
    """A database that is left alone for a while when it cannot be reached: a request then fails at once."""

    def __init__(
        self,
        url: str,
        *,
        keep_plans: bool = False,
        on_change: OnChange = lambda _name, _old, _new: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(url, keep_plans=keep_plans)
        rows = MemoryBreakerRows(clock)
        self._breaker = Breaker("database", rows, policy=DATABASE, on_change=on_change, clock=clock)

    def ask(self, *questions: Question) -> list[DictRow]:
        return self._breaker.call(partial(super().ask, *questions))
