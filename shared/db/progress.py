"""How far the photos of an organisation are, and what happened to them since somebody last looked."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, LiteralString, cast

from psycopg.rows import DictRow

from shared.db.connection import Database
from shared.db.members import ask_as_member
from shared.photos import Caller, Role
from shared.photos.progress import Position, ProgressEvent, Scope, Stats, Updates

if TYPE_CHECKING:
    from uuid import UUID

MOST_EVENTS = 500
FRESH_SECONDS = 5.0
MOST_KEPT = 1_000

# One row for each stage that there is something in, and one without a stage where there is nothing; none to whoever
# is not a member. A parameter that is null narrows nothing.
STATS = """
WITH counted AS (
    SELECT stage, sum(n)::bigint AS n FROM progress_counts
     WHERE org_id = %(org_id)s AND (%(only_actor)s::text IS NULL OR actor_id = %(only_actor)s::text)
       AND (%(project_id)s::uuid IS NULL OR project_id = %(project_id)s::uuid)
     GROUP BY stage
)
SELECT m.role, now() AS at, (SELECT jsonb_object_agg(stage, n) FROM counted) AS counts
  FROM memberships m
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
"""

# What a transaction wrote is shown only when no older one is still under way: whatever becomes visible later stands
# behind all that was shown before, so nobody who goes on from the last row misses any. (One long transaction anywhere
# on the server holds the news back for as long as it lasts; it loses none.) `looked` is all that is read, and where
# to go on from: behind its last row where it is full, and else behind everything that is certain.
UPDATES = """
WITH edge AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xid
), looked AS MATERIALIZED (
    SELECT e.xid, e.id, e.photo_id, e.project_id, e.kind, e.facts, e.at FROM progress_events e
     WHERE e.org_id = %(org_id)s AND (%(only_actor)s::text IS NULL OR e.actor_id = %(only_actor)s::text)
       AND (e.xid, e.id) > (%(after_xid)s::xid8, %(after_id)s::bigint) AND e.xid < (SELECT xid FROM edge)
     ORDER BY e.xid, e.id LIMIT %(limit)s::int
), last AS (
    SELECT xid, id FROM looked OFFSET %(limit)s::int - 1
), counted AS (
    SELECT stage, sum(n)::bigint AS n FROM progress_counts
     WHERE org_id = %(org_id)s AND (%(only_actor)s::text IS NULL OR actor_id = %(only_actor)s::text)
       AND (%(project_id)s::uuid IS NULL OR project_id = %(project_id)s::uuid)
     GROUP BY stage
)
SELECT m.role, now() AS at, (SELECT jsonb_object_agg(stage, n) FROM counted) AS counts,
       (SELECT jsonb_agg(jsonb_build_object(
                   'xid', l.xid::text, 'id', l.id, 'photo_id', l.photo_id, 'project_id', l.project_id,
                   'kind', l.kind, 'facts', l.facts,
                   'at', to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY l.xid, l.id)
          FROM looked l WHERE %(project_id)s::uuid IS NULL OR l.project_id = %(project_id)s::uuid) AS events,
       EXISTS (SELECT FROM last) AS more,
       coalesce((SELECT xid FROM last), (SELECT xid FROM edge))::text AS xid,
       coalesce((SELECT id FROM last), 0) AS id
  FROM memberships m
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
"""


class PostgresProgress:
    """Each answer is one round trip; counts that are a few seconds old are as good as new ones."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[tuple[UUID, str, Scope], tuple[float, Stats]] = {}

    def stats(self, caller: Caller, scope: Scope) -> Stats:
        """How many are where."""
        key = (caller.org_id, caller.actor_id, scope)
        made, kept = self._kept.get(key, (0.0, None))
        if kept and self._clock() - made < FRESH_SECONDS:
            return kept
        found = _stats(self._ask(STATS, caller, scope))
        self._kept.pop(key, None)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = self._clock(), found
        return found

    def updates(self, caller: Caller, scope: Scope, after: Position) -> Updates:
        """What happened after a position, in an order in which nothing is missed."""
        asked = {"after_xid": str(after.xid), "after_id": after.id, "limit": MOST_EVENTS}
        row = self._ask(UPDATES, caller, scope, asked)
        events = tuple(_event(each) for each in row["events"] or ())
        return Updates(_stats(row), events, Position(int(row["xid"]), row["id"]), row["more"])

    def _ask(
        self, sql: LiteralString, caller: Caller, scope: Scope, facts: Mapping[str, object] | None = None
    ) -> DictRow:
        only = None if scope.everybody else caller.actor_id
        asked = {"only_actor": only, "project_id": scope.project_id, **(facts or {})}
        return ask_as_member(self._database, sql, caller, asked)[0]


def _stats(row: DictRow) -> Stats:
    return Stats(Role(row["role"]), row["counts"] or {}, row["at"])


def _event(told: dict[str, object]) -> ProgressEvent:
    named = {name: told[name] for name in ("photo_id", "project_id", "at")}
    facts = cast("Mapping[str, object]", told["facts"])
    return ProgressEvent(Position(int(str(told["xid"])), int(str(told["id"]))), str(told["kind"]), {**named, **facts})
