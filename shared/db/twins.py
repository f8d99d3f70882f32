"""Which photos a project has of given bytes, as its organisation may ask."""

from collections.abc import Sequence
from uuid import UUID

from shared.db.connection import Database, Question
from shared.photos import WRITERS, Caller, StoreName, Twin, Verdict

# One row even when there is nothing to tell: it says whether the question was allowed at all.
HAVE = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), project AS (
    SELECT id FROM projects WHERE id = %(project_id)s AND org_id = %(org_id)s AND deleted_at IS NULL
), asked AS (
    SELECT decode(h, 'hex') AS sha256 FROM unnest(%(hashes)s::text[]) h
), found AS (
    SELECT encode(p.sha256, 'hex') AS sha256, p.id AS photo_id, t.id AS attempt_id, t.store, t.object_name,
           t.version, t.provider_ref->>'secure_url' AS url
      FROM asked a
      JOIN photos p ON p.org_id = %(org_id)s AND p.project_id = %(project_id)s AND p.sha256 = a.sha256
                   AND p.deleted_at IS NULL
      JOIN attempts t ON t.id = p.attempt_id
     WHERE EXISTS (SELECT FROM project) AND EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s))
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s)) THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM project) THEN 'no_target'
            ELSE 'go' END AS verdict, f.*
  FROM (SELECT) one LEFT JOIN found f ON true
"""


class PostgresTwins:
    """Finds photos by what they are made of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, caller: Caller, project_id: UUID, hashes: Sequence[str]) -> tuple[Verdict, dict[str, Twin]]:
        """The photos by their SHA-256, and whether the caller may know."""
        params = {
            "org_id": caller.org_id,
            "actor_id": caller.actor_id,
            "project_id": project_id,
            "hashes": list(hashes),
            "writers": sorted(WRITERS),
        }
        rows = self._database.ask(Question(HAVE, params))
        twins = {
            row["sha256"]: Twin(
                row["photo_id"],
                row["attempt_id"],
                StoreName(row["store"]),
                row["object_name"],
                row["version"],
                row["url"],
            )
            for row in rows
            if row["photo_id"]
        }
        return Verdict(rows[0]["verdict"]), twins
