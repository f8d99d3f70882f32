"""How a stage that failed for good gets another chance, because a person says so."""

from uuid import UUID

from shared.db.connection import Database, Question
from shared.photos import WRITERS, Caller, PhotoStatus
from shared.photos.progress import Retried

# The photo is locked first, as by everybody who changes its stages. The error stays, so that it can be seen what is
# tried again; and what is due with an error and not one try is what this question made: asked again, it finds it.
RETRY_STAGES = """
WITH held AS (
    SELECT p.id, p.status, p.stage
      FROM memberships m JOIN photos p ON p.org_id = m.org_id
     WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
       AND m.role = ANY (%(writers)s) AND p.id = %(photo_id)s AND p.deleted_at IS NULL
       FOR NO KEY UPDATE OF p
), again AS (
    UPDATE stages s
       SET state = 'due', due_at = now(), hint_at = now(), ended_at = NULL, tries = 0,
           lease_until = NULL, lease_token = NULL
      FROM held h WHERE s.photo_id = h.id AND s.state = 'failed'
    RETURNING s.stage
), moved AS (
    UPDATE photos p
       SET stage = CASE WHEN f.anew THEN 'processing' ELSE 'embedding' END,
           status = CASE WHEN f.failed THEN 'processing' ELSE p.status END,
           processing_at = CASE WHEN f.failed THEN now() ELSE p.processing_at END
      FROM held h
     CROSS JOIN (SELECT EXISTS (SELECT FROM again WHERE stage = 'process') AS anew) a
     CROSS JOIN LATERAL (SELECT a.anew, a.anew AND h.status IN ('failed', 'permanently_failed') AS failed) f
     WHERE p.id = h.id AND EXISTS (SELECT FROM again)
    RETURNING p.status, p.stage
), begun AS (
    SELECT s.stage FROM held h JOIN stages s ON s.photo_id = h.id
     WHERE s.state = 'due' AND s.tries = 0 AND s.error_type IS NOT NULL
)
SELECT status, stage, ARRAY(SELECT stage FROM again ORDER BY stage) AS stages FROM moved
 UNION ALL
SELECT status, stage, ARRAY(SELECT stage FROM begun ORDER BY stage) FROM held
 WHERE NOT EXISTS (SELECT FROM again) AND EXISTS (SELECT FROM begun)
"""


class PostgresStageRetries:
    """One round trip, that may be made twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def retry(self, caller: Caller, photo_id: UUID) -> Retried | None:
        """Make what failed due at once. None: nothing has failed, or it is not the caller's to say so."""
        who = {"org_id": caller.org_id, "actor_id": caller.actor_id, "writers": sorted(WRITERS)}
        rows = self._database.ask(Question(RETRY_STAGES, {**who, "photo_id": photo_id}))
        if not rows:
            return None
        return Retried(PhotoStatus(rows[0]["status"]), rows[0]["stage"], tuple(rows[0]["stages"]))
