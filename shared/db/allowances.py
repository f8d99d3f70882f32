"""Allowances of upload tokens: who may have one made, what is spent of it, and when it ends."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.connection import Database, Question
from shared.photos import WRITERS, Caller, Role, UploadToken, Verdict

# A token of the same id that allows as much was made before: its row stays as it is, spent counts and end included.
MINT = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), target AS (
    SELECT p.id FROM projects p JOIN member m ON m.role = ANY (%(writers)s)
     WHERE p.id = %(project_id)s AND p.org_id = %(org_id)s AND p.deleted_at IS NULL
), known AS (
    SELECT FROM allowances WHERE id = %(token_id)s
), made AS (
    INSERT INTO allowances AS l (id, org_id, actor_id, project_id, max_files, max_bytes, expires_at)
    SELECT %(token_id)s::uuid, %(org_id)s::uuid, %(actor_id)s::text, t.id,
           %(max_files)s::bigint, %(max_bytes)s::bigint, %(expires_at)s::timestamptz
      FROM target t
    ON CONFLICT (id) DO UPDATE SET files = l.files
     WHERE (l.org_id, l.actor_id, l.project_id) = (excluded.org_id, excluded.actor_id, excluded.project_id)
       AND l.max_files IS NOT DISTINCT FROM excluded.max_files
       AND l.max_bytes IS NOT DISTINCT FROM excluded.max_bytes
    RETURNING l.expires_at
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s)) THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM target) THEN 'no_target'
            WHEN NOT EXISTS (SELECT FROM made) THEN 'reused'
            WHEN EXISTS (SELECT FROM known) THEN 'replay'
            ELSE 'go' END AS verdict,
       (SELECT expires_at FROM made) AS expires_at
"""

# Whose it is to look at and to end: the member's who had it made, and every admin's. The row of the organisation
# itself, which has the organisation's id, is no token's.
FIND = """
SELECT l.id, l.actor_id, l.project_id, l.max_files, l.max_bytes, l.files, l.bytes, l.expires_at, l.created_at
  FROM memberships m
  JOIN allowances l ON l.org_id = m.org_id AND (l.actor_id = m.actor_id OR m.role = %(admin)s)
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
   AND l.id = %(token_id)s AND l.id <> l.org_id
"""
END = """
UPDATE allowances l SET expires_at = least(l.expires_at, now())
  FROM memberships m
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
   AND l.org_id = m.org_id AND (l.actor_id = m.actor_id OR m.role = %(admin)s)
   AND l.id = %(token_id)s AND l.id <> l.org_id
RETURNING l.id, l.actor_id, l.project_id, l.max_files, l.max_bytes, l.files, l.bytes, l.expires_at, l.created_at
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an upload token allows, and how much of it is spent."""

    id: UUID
    actor_id: str
    project_id: UUID
    max_files: int | None
    max_bytes: int | None
    files: int
    bytes: int
    expires_at: datetime
    created_at: datetime


class PostgresAllowances:
    """One round trip each, each repeatable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mint(
        self, caller: Caller, token: UploadToken, max_files: int, max_bytes: int | None
    ) -> tuple[Verdict, datetime | None]:
        """Write down what the token allows, for whoever may allow it; and when it ends.

        GO: it is new. REPLAY: it was made before, and ends when it said then. REUSED: its id allows something else.
        """
        params = {
            "org_id": caller.org_id,
            "actor_id": caller.actor_id,
            "writers": sorted(WRITERS),
            "token_id": token.id,
            "project_id": token.project_id,
            "max_files": max_files,
            "max_bytes": max_bytes,
            "expires_at": token.expires_at,
        }
        (row,) = self._database.ask(Question(MINT, params))
        return Verdict(row["verdict"]), row["expires_at"]

    def find(self, caller: Caller, token_id: UUID) -> Allowance | None:
        """None for what does not exist and for what is not the caller's: the two must look alike."""
        rows = self._database.ask(Question(FIND, _whose(caller, token_id)))
        return Allowance(**rows[0]) if rows else None

    def end(self, caller: Caller, token_id: UUID) -> Allowance | None:
        """From now on the token uploads nothing; one that has ended already ended when it did."""
        rows = self._database.ask(Question(END, _whose(caller, token_id)))
        return Allowance(**rows[0]) if rows else None


def _whose(caller: Caller, token_id: UUID) -> dict[str, object]:
    return {"org_id": caller.org_id, "actor_id": caller.actor_id, "token_id": token_id, "admin": Role.ADMIN}
