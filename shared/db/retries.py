"""What is tried again because a person asks, and the log of every run."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.members import ask_as_member
from shared.db.retry_facts import Chosen, Preview, Reopened, RetryRun
from shared.errors import Forbidden
from shared.photos import Caller, Role, StoreName

ADMINS = frozenset({Role.ADMIN, Role.SERVICE})
# So often, at least, is tried what a person asks for; and it overtakes what nobody asked for.
ASKED_TRIES = 10
ASKED_PRIORITY = 100

_MEMBER = """
WITH member AS (
    SELECT role, role = ANY (%(admins)s::text[]) AS may FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
)"""

# Only what we can go on with by ourselves: what is parked with us, or can be fetched once more. What is due already
# because somebody asked is on its way; the same question asked again finds it by the token that it left.
_RETRYABLE = """
     WHERE u.org_id = %(org_id)s AND (SELECT may FROM member) AND u.photo_id IS NULL AND u.lease_until IS NULL
       AND (u.parked_key IS NOT NULL OR u.door = 'import')
       AND (u.state = 'failed'
            OR u.state = 'open' AND u.failure_class IS NOT NULL AND u.next_retry_at IS NOT NULL
               AND (u.next_retry_at > now() OR u.most_tries < %(most_tries)s OR u.lease_token = %(token)s::uuid))
       AND (%(classes)s::text[] IS NULL OR u.failure_class = ANY (%(classes)s))
       AND (%(error_types)s::text[] IS NULL OR u.failure_type = ANY (%(error_types)s))
       AND (%(providers)s::text[] IS NULL OR u.store = ANY (%(providers)s) OR u.provider = ANY (%(providers)s))
       AND (%(doors)s::text[] IS NULL OR u.door = ANY (%(doors)s))
       AND (%(venue_id)s::uuid IS NULL OR u.venue_id = %(venue_id)s)
       AND (%(project_id)s::uuid IS NULL OR u.project_id = %(project_id)s)
       AND (%(of_actor)s::text IS NULL OR u.actor_id = %(of_actor)s)
       AND (%(older_than)s::timestamptz IS NULL OR u.created_at < %(older_than)s)
       AND (%(newer_than)s::timestamptz IS NULL OR u.created_at > %(newer_than)s)
       AND (%(ids)s::uuid[] IS NULL OR u.id = ANY (%(ids)s))
"""

LOOK = (
    _MEMBER  # noqa: S608 - of our own constants
    + """, found AS (
    SELECT u.id, u.failure_class, u.failure_type, u.door, u.store, u.state, u.tries, u.next_retry_at, u.created_at,
           u.priority
      FROM uploads u"""
    + _RETRYABLE
    + """)
SELECT m.role, (SELECT count(*) FROM found) AS matched,
       (SELECT json_object_agg(failure_class, n)
          FROM (SELECT failure_class, count(*) AS n FROM found GROUP BY 1) c) AS by_class,
       (SELECT json_object_agg(failure_type, n)
          FROM (SELECT coalesce(failure_type, 'unknown') AS failure_type, count(*) AS n FROM found GROUP BY 1) t
       ) AS by_type,
       (SELECT json_agg(json_build_object(
                   'upload_id', id, 'class', failure_class, 'type', failure_type, 'door', door, 'store', store,
                   'state', state, 'tries', tries,
                   'next_retry_at', to_char(next_retry_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
          FROM (SELECT * FROM found ORDER BY priority DESC, created_at, id LIMIT %(limit)s) first) AS uploads
  FROM member m
"""
)

# A person gives a new chance, however often it was tried: one try at least is left.
REOPEN = (
    _MEMBER  # noqa: S608 - of our own constants
    + """, found AS (
    SELECT u.id FROM uploads u"""
    + _RETRYABLE
    + """
     ORDER BY u.priority DESC, u.created_at, u.id LIMIT %(limit)s
       FOR UPDATE OF u SKIP LOCKED
), opened AS (
    UPDATE uploads u
       SET state = 'open', finished_at = NULL, resp_status = NULL, resp_body = NULL, updated_at = now(),
           next_retry_at = least(u.next_retry_at, now()), lease_token = %(token)s,
           most_tries = greatest(u.most_tries, %(most_tries)s, u.tries + 1),
           priority = u.priority + CASE WHEN u.lease_token = %(token)s THEN 0 ELSE %(priority)s END
      FROM found f WHERE u.id = f.id
    RETURNING u.id, u.store
)
SELECT m.role, o.id, o.store FROM member m LEFT JOIN opened o ON true
"""
)

# Of what will surely pass one day, nothing waits for longer than until the night.
PULL_FORWARD = """
WITH later AS (
    SELECT id FROM uploads
     WHERE state = 'open' AND next_retry_at > now() AND failure_class = 'transient' AND lease_until IS NULL
     ORDER BY next_retry_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE uploads u SET next_retry_at = now(), updated_at = now() FROM later l WHERE u.id = l.id
RETURNING u.id
"""

# Written twice, it is there once, as it was written first.
LOG_RUN = """
WITH made AS (
    INSERT INTO retry_logs (id, org_id, source, trigger, requested_by, filters, attempted, success, failed, skipped,
                            remaining, by_type, by_user, stopped, duration_ms)
    VALUES (%(id)s, %(org_id)s, %(source)s, %(trigger)s, %(requested_by)s, %(filters)s, %(attempted)s, %(success)s,
            %(failed)s, %(skipped)s, %(remaining)s, %(by_type)s, %(by_user)s, %(stopped)s, %(duration_ms)s)
    ON CONFLICT (id) DO NOTHING
    RETURNING *
)
SELECT * FROM made
 UNION ALL
SELECT * FROM retry_logs WHERE id = %(id)s
"""

FIND_RUN = (
    _MEMBER
    + """
SELECT m.role, l.* FROM member m
  LEFT JOIN retry_logs l ON l.id = %(id)s AND l.org_id = %(org_id)s
"""
)


class PostgresRetries:
    """Every question about an organisation's uploads is asked by a member; only admins and services are answered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, caller: Caller, chosen: Chosen, limit: int) -> Preview:
        """Count, and change nothing."""
        (row,) = self._ask_as_admin(LOOK, caller, _facts(chosen, limit))
        return Preview(row["matched"], row["by_class"] or {}, row["by_type"] or {}, tuple(row["uploads"] or ()))

    def reopen(self, caller: Caller, chosen: Chosen, limit: int) -> list[Reopened]:
        """Make them due now, the most urgent first, then the oldest."""
        facts = _facts(chosen, limit) | {"token": uuid4(), "priority": ASKED_PRIORITY}
        rows = self._ask_as_admin(REOPEN, caller, facts)
        return [Reopened(row["id"], StoreName(row["store"])) for row in rows if row["id"]]

    def find(self, caller: Caller, run_id: UUID) -> RetryRun | None:
        """A run of the caller's organisation."""
        (row,) = self._ask_as_admin(FIND_RUN, caller, {"id": run_id})
        return _run(row) if row["id"] else None

    def pull_forward(self, limit: int) -> int:
        """Make due what is transient and would wait longer."""
        return len(self._database.ask(Question(PULL_FORWARD, {"limit": limit})))

    def log(self, run: RetryRun) -> RetryRun:
        """Write a run down, and say what is written."""
        params: dict[str, object] = {each.name: getattr(run, each.name) for each in fields(run)}
        params |= {name: json.dumps(dict(getattr(run, name))) for name in ("filters", "by_type", "by_user")}
        (row,) = self._database.ask(Question(LOG_RUN, params))
        return _run(row)

    def _ask_as_admin(self, sql: LiteralString, caller: Caller, facts: Mapping[str, object]) -> list[DictRow]:
        rows = ask_as_member(self._database, sql, caller, {"admins": sorted(ADMINS), **facts})
        if rows[0]["role"] not in ADMINS:
            raise Forbidden("Only an admin or a service has uploads tried again. Ask an admin of the organisation.")
        return rows


def _facts(chosen: Chosen, limit: int) -> dict[str, object]:
    return {**chosen.params(), "limit": limit, "most_tries": ASKED_TRIES, "token": None}


def _run(row: DictRow) -> RetryRun:
    known: dict[str, Any] = {each.name: row[each.name] for each in fields(RetryRun)}
    return RetryRun(**known)
