"""How a container talks to Postgres: one connection, opened late, one round trip per question."""

from collections.abc import Mapping, Sequence
from typing import LiteralString, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import DictRow, dict_row

from shared.errors import DatabaseUnavailable

Params = Mapping[str, object]
Found = TypeVar("Found")

# Said with every question instead of once per session: a pooler may hand us another session each time. The rows of
# other organisations than this one are hidden from the API's role (row-level security); without one, all are.
PREAMBLE = """
SELECT set_config('keepsake.org_id', %(acting_for)s::text, true),
       set_config('lock_timeout', '2000', true),
       set_config('statement_timeout', '10000', true),
       set_config('idle_in_transaction_session_timeout', '15000', true)
"""


# The server itself ends what takes longer than its statement_timeout; one that says nothing for so long is frozen.
ANSWER_SECONDS = 11.0

# A plan costs as much as what it is for. From the second time on, it is there.
PLAN_AFTER = 1

# A replica, or a server that is being failed over, refuses writes for a while; psycopg calls that a mistake of ours.
TROUBLE = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)


class Question(NamedTuple):
    """One statement and its parameters."""

    sql: LiteralString
    params: Params


class LockTaken(DatabaseUnavailable):
    """Another request holds the row we need."""

    code = "row_locked"


class _Connection(psycopg.Connection[DictRow]):
    """Hangs up on a server that froze: the kernel under it still takes our questions, and nobody ever answers."""

    patience = ANSWER_SECONDS

    def wait(self, gen: PQGen[Found], interval: float = 0.1, timeout: float | None = None) -> Found:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - an OperationalError that has no public name
            # Or else whoever cleans up would wait for an answer once more.
            self.close()
            raise


class Database:
    """One lazily opened connection. Every question it carries may be asked twice (see `ask`)."""

    # Whose rows the next questions are about; a container serves one request at a time.
    acting_for: UUID | None = None

    def __init__(self, url: str, *, keep_plans: bool = False, patience: float = ANSWER_SECONDS) -> None:
        """Keep plans only where nobody stands between: they belong to a session, and a pooler gives us many."""
        self._url = url
        self._keep_plans = keep_plans
        self._patience = patience
        self._connection: _Connection | None = None

    def ask(self, *questions: Question) -> list[DictRow]:
        """Run all questions as one transaction in one round trip; return the rows of the last.

        A container may wake up with a connection that died while it slept. So a broken connection
        is replaced once and the questions are asked again: each of them is written to be repeatable.
        So are those that stood in each other's way: of two in a deadlock, one was rolled back.
        """
        try:
            return self._ask(questions)
        except psycopg.errors.FeatureNotSupported:
            # A migration changed what a kept plan answers with; a new session has kept none.
            self.close()
        except TROUBLE as error:
            if not self._is_broken() and not isinstance(error, psycopg.errors.DeadlockDetected):
                raise _translated(error) from error
        try:
            return self._ask(questions)
        except TROUBLE as error:
            raise _translated(error) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, questions: Sequence[Question]) -> list[DictRow]:
        connection = self._open()
        # A pipeline without BEGIN is one implicit transaction, committed at its end, in one round trip.
        with connection.pipeline():
            connection.execute(PREAMBLE, {"acting_for": str(self.acting_for or "")})
            cursors = [connection.execute(q.sql, q.params) for q in questions]
        last = cursors[-1]
        return last.fetchall() if last.description else []

    def _open(self) -> _Connection:
        if self._connection is None:
            self._connection = _Connection.connect(
                self._url,
                autocommit=True,
                prepare_threshold=PLAN_AFTER if self._keep_plans else None,
                row_factory=dict_row,
                connect_timeout=5,
                keepalives_idle=10,
                tcp_user_timeout=10_000,
            )
            self._connection.patience = self._patience
        return self._connection

    def _is_broken(self) -> bool:
        if self._connection is None:
            return False
        if self._connection.closed or self._connection.broken:
            self._connection = None
            return True
        return False


def _translated(error: psycopg.Error) -> DatabaseUnavailable:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return LockTaken(retry_after=2)
    return DatabaseUnavailable(retry_after=2)
