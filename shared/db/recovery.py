"""What recovery asks of the ledger: whose holder is gone, and which condemned object may be deleted."""

from uuid import UUID

from shared.db.connection import Database, Question
from shared.photos import AttemptState, Caller, Condemned, StoreName

# A direct upload may have its bytes already, so it is first looked at, and only then given up.
EXPIRED_DIRECT = """
SELECT u.id, u.org_id, u.actor_id FROM uploads u
 WHERE u.state = 'open' AND u.lease_until <= now() AND u.door = 'direct' AND u.parked_key IS NULL
 ORDER BY u.lease_until LIMIT %(limit)s
"""

# The holder of the lease is dead, or so late that it lost it: its tries are condemned, except the one that
# keeps parked bytes, and whoever comes next may go on.
ABANDON = """
WITH late AS (
    SELECT id FROM uploads
     WHERE state = 'open' AND lease_until <= now()
       AND CASE WHEN %(only)s::uuid IS NULL THEN door <> 'direct' OR parked_key IS NOT NULL
                ELSE id = %(only)s::uuid END
     ORDER BY lease_until LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now(), last_error = 'abandoned'
      FROM late l JOIN uploads u ON u.id = l.id
     WHERE a.upload_id = l.id AND a.state = 'intent' AND a.object_name IS DISTINCT FROM u.parked_key
    RETURNING a.id
), freed AS (
    UPDATE uploads u SET lease_until = NULL, updated_at = now(),
           next_retry_at = CASE WHEN u.parked_key IS NOT NULL OR u.door = 'import'
                                THEN coalesce(u.next_retry_at, now()) END
      FROM late l WHERE u.id = l.id
    RETURNING u.id
)
SELECT (SELECT count(*) FROM freed) AS uploads, (SELECT count(*) FROM gone) AS attempts
"""

# Taking one pushes its next look away: two reapers never stand at the same object.
TAKE_CONDEMNED = """
WITH due AS (
    SELECT id FROM attempts WHERE state = 'condemned' AND next_look_at <= now()
     ORDER BY next_look_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET next_look_at = now() + %(pause)s * interval '1 second'
  FROM due d WHERE a.id = d.id
RETURNING a.id, a.store, a.object_name, a.next_look_at
"""

# It was there: a late upload landed, or the first delete just hit. Looking starts anew.
SAW_PRESENT = """
UPDATE attempts SET absent_at = NULL, delete_tries = delete_tries + 1
 WHERE id = %(attempt_id)s AND state = 'condemned'
"""

# It was not there. Forgotten only when it was absent twice, the pause apart, and nothing late can land any more.
SAW_ABSENT = """
UPDATE attempts
   SET state = CASE WHEN over THEN 'reaped' ELSE state END,
       next_look_at = CASE WHEN NOT over THEN greatest(reap_after, now() + %(pause)s * interval '1 second') END,
       absent_at = coalesce(absent_at, now())
  FROM (SELECT id AS this, reap_after <= now()
               AND absent_at <= now() - %(pause)s * interval '1 second' IS TRUE AS over
          FROM attempts WHERE id = %(attempt_id)s AND state = 'condemned' FOR UPDATE) looked
 WHERE id = looked.this AND state = 'condemned'
RETURNING state
"""

SAW_TROUBLE = """
UPDATE attempts SET delete_tries = delete_tries + 1, last_error = %(error)s::text
 WHERE id = %(attempt_id)s AND state = 'condemned'
"""


class PostgresRecovery:
    """Every question is conditional: two that recover at once, or one that is late, change each row once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expired_direct(self, limit: int) -> list[tuple[Caller, UUID]]:
        """Direct uploads whose time is over, with or without their bytes."""
        rows = self._database.ask(Question(EXPIRED_DIRECT, {"limit": limit}))
        return [(Caller(row["actor_id"], row["org_id"]), row["id"]) for row in rows]

    def abandon(self, limit: int, only: UUID | None = None) -> tuple[int, int]:
        """Free what dead holders held: (uploads, attempts condemned)."""
        (row,) = self._database.ask(Question(ABANDON, {"limit": limit, "only": only}))
        return row["uploads"], row["attempts"]

    def take_condemned(self, limit: int, pause: float) -> list[Condemned]:
        """Condemned attempts that are due for a look, for this reaper alone."""
        rows = self._database.ask(Question(TAKE_CONDEMNED, {"limit": limit, "pause": pause}))
        return [Condemned(row["id"], StoreName(row["store"]), row["object_name"]) for row in rows]

    def saw_present(self, attempt_id: UUID) -> None:
        self._database.ask(Question(SAW_PRESENT, {"attempt_id": attempt_id}))

    def saw_absent(self, attempt_id: UUID, pause: float) -> AttemptState | None:
        """Record one absent look; None when somebody else has finished it."""
        rows = self._database.ask(Question(SAW_ABSENT, {"attempt_id": attempt_id, "pause": pause}))
        return AttemptState(rows[0]["state"]) if rows else None

    def saw_trouble(self, attempt_id: UUID, error: str) -> None:
        self._database.ask(Question(SAW_TROUBLE, {"attempt_id": attempt_id, "error": error}))
