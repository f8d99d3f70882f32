"""Multipart uploads: which attempt each one belongs to, and whether its owner may go on with it."""

from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.photo_rows import _INTENTS, _JOINS, _UPLOAD, upload_of
from shared.photos import WRITERS, Attempt, AttemptState, Caller, StoreName, Terms, Upload

RECORD_MULTIPART = """
UPDATE attempts SET multipart_id = %(multipart_id)s::text
 WHERE id = %(attempt_id)s AND state = 'intent' AND coalesce(multipart_id = %(multipart_id)s::text, true)
RETURNING id
"""

# Read it downwards. `mine` is the attempt, if it is the caller's own, and locks the upload before it, like the commit
# does. Whoever asks is still at it: `kept` puts the end of the upload off, and `late` the time from which nothing of
# the attempt can land any more. Where the client began by itself, `late` also notes what it began.
_MINE = """
WITH mine AS (
    SELECT u.id AS upload_id, a.id AS attempt_id, a.attempt_no, a.store, a.object_name, a.state, m.role,
           a.state = 'intent' AND u.state = 'open' AS going
      FROM memberships m
      JOIN attempts a ON a.object_name = %(object_name)s::text
      JOIN uploads u ON u.id = a.upload_id AND u.org_id = m.org_id AND u.actor_id = m.actor_id
     WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
       AND m.role = ANY (%(writers)s)
       AND coalesce(a.multipart_id = %(multipart_id)s::text, %(binds)s::bool)
       FOR UPDATE OF u, a
), kept AS (
    UPDATE uploads u SET lease_until = greatest(u.lease_until, now() + %(lease)s * interval '1 second')
      FROM mine o WHERE u.id = o.upload_id AND o.going AND u.lease_until IS NOT NULL AND u.parked_key IS NULL
), late AS (
    UPDATE attempts a SET reap_after = greatest(a.reap_after, now() + %(reap_after)s * interval '1 second'),
                          multipart_id = %(multipart_id)s::text
      FROM mine o WHERE a.id = o.attempt_id AND o.going
)
"""
OWN_MULTIPART = (
    _MINE
    + "SELECT o.role, o.attempt_id, o.attempt_no, o.store AS first_store, o.object_name AS own_name,"
    + "       o.state AS attempt_state,"
    + _UPLOAD
    + _INTENTS
    + "FROM mine o JOIN uploads u ON u.id = o.upload_id"
    + _JOINS
)


@dataclass(frozen=True, slots=True)
class Multipart:
    """An upload in parts: the attempt that it is, how that stands, and the upload that it is a try at."""

    attempt: Attempt
    state: AttemptState
    upload: Upload


class PostgresMultiparts:
    """One round trip each, each repeatable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, attempt_id: UUID, multipart_id: str) -> bool:
        """Note what was begun for an attempt. False: the attempt was given up meanwhile, or has another one."""
        facts = {"attempt_id": attempt_id, "multipart_id": multipart_id}
        return bool(self._database.ask(Question(RECORD_MULTIPART, facts)))

    def find(
        self, caller: Caller, multipart_id: str, object_name: str, terms: Terms, *, binds: bool = False
    ) -> Multipart | None:
        """Find one that is the caller's own, and keep it going. None for all else: nobody learns whose it is.

        With `binds`, an attempt that has none takes this one, and no other after it.
        """
        facts = {
            "org_id": caller.org_id,
            "actor_id": caller.actor_id,
            "writers": sorted(WRITERS),
            "multipart_id": multipart_id,
            "object_name": object_name,
            "lease": terms.lease_seconds,
            "reap_after": terms.reap_after_seconds,
            "binds": binds,
        }
        try:
            rows = self._database.ask(Question(OWN_MULTIPART, facts))
        except psycopg.errors.UniqueViolation:
            return None  # it is another attempt's, which may be one that this caller must not see
        return _multipart(rows[0], multipart_id) if rows else None


def _multipart(row: DictRow, multipart_id: str) -> Multipart:
    attempt = Attempt(
        id=row["attempt_id"],
        upload_id=row["upload_id"],
        number=row["attempt_no"],
        store=StoreName(row["first_store"]),
        object_name=row["own_name"],
        multipart_id=multipart_id,
    )
    return Multipart(attempt, AttemptState(row["attempt_state"]), upload_of(row))
