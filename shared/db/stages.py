"""The work that a photo still needs: who may do it now, what came of it, and what nobody has been told of."""

import json
from collections.abc import Callable, Sequence
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.stage_changes import EMBEDDED, PROCESSED, SET_BACK
from shared.db.stage_claims import CLAIM_EMBED, CLAIM_PROCESS
from shared.photos import RatePolicy, StoreName
from shared.photos.stages import Made, Setback, Stage, Work

# Work that nobody was told of, or whose worker is gone. It is told of once, and then left in peace for a while.
TAKE_UNHINTED = """
WITH lost AS (
    SELECT photo_id, stage FROM stages
     WHERE state = 'due' AND stage = %(stage)s AND hint_at <= now()
     ORDER BY hint_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE stages s SET hint_at = now() + %(pause)s * interval '1 second'
  FROM lost l WHERE s.photo_id = l.photo_id AND s.stage = l.stage
RETURNING s.photo_id
"""

# What another model has embedded, and what was processed while there was none. There are never more of them due
# than the limit, so it may be asked at any pace, and goes on where it was left.
BACKFILL = """
WITH room AS (
    SELECT greatest(0, %(limit)s::int - count(*)) AS n
      FROM (SELECT FROM stages WHERE state = 'due' AND stage = 'embed' LIMIT %(limit)s) waiting
), other AS (
    SELECT photo_id FROM (
        SELECT photo_id FROM embeddings WHERE model < %(model)s
         UNION ALL
        SELECT photo_id FROM embeddings WHERE model > %(model)s
         UNION ALL
        SELECT photo_id FROM stages WHERE error_type = 'embedding_off'
    ) found LIMIT (SELECT n FROM room)
)
UPDATE stages s
   SET state = 'due', due_at = now(), hint_at = now(), ended_at = NULL, tries = 0, lease_token = NULL,
       error_class = NULL, error_type = NULL, error = NULL
 WHERE s.photo_id = ANY (ARRAY(SELECT photo_id FROM other)) AND s.stage = 'embed' AND s.state <> 'due'
RETURNING s.photo_id
"""


class PostgresStages:
    """Claim, end, set back, find what was forgotten: each one round trip, and each conditional."""

    def __init__(self, database: Database, *, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._new_id = new_id

    def claim_process(self, photo_id: UUID, lease_seconds: int) -> Work | None:
        """Take it for this worker alone. None: it is done, not due, or somebody else is at it."""
        return self._claim(Question(CLAIM_PROCESS, self._lease(photo_id, lease_seconds)), Stage.PROCESS)

    def claim_embed(self, photo_id: UUID, lease_seconds: int, rate: RatePolicy) -> Work | None:
        """Take it, and a token for it. None as above, or there is no token left for now."""
        bucket = {"bucket": f"{rate.name}::", "capacity": rate.capacity, "per_second": rate.per_second}
        return self._claim(Question(CLAIM_EMBED, {**self._lease(photo_id, lease_seconds), **bucket}), Stage.EMBED)

    def processed(self, work: Work, made: Made, *, embeds: bool) -> bool:
        """Record what was made. False: it is not this worker's any more, and nothing was changed."""
        params = {
            **_of(work),
            "embeds": embeds,
            "made_by": made.made_by,
            "width": made.width,
            "height": made.height,
            "exif": json.dumps(dict(made.exif)),
            "warnings": list(made.warnings),
            "placeholder": made.placeholder,
            "animated": made.animated,
            "renditions": json.dumps(dict(made.renditions)),
        }
        return bool(self._database.ask(Question(PROCESSED, params)))

    def embedded(self, work: Work, model: str, vector: Sequence[float]) -> bool:
        """Record what was computed. False as above."""
        params = {**_of(work), "model": model, "embedding": str(list(vector))}
        return bool(self._database.ask(Question(EMBEDDED, params)))

    def set_back(self, work: Work, setback: Setback, model: str | None = None) -> bool:
        """Record why it was not done, and when it is due again, or that it never will be. False as above."""
        params = {
            **_of(work),
            "stage": work.stage,
            "over": setback.over,
            "retry_in": setback.retry_in,
            "spent": setback.spent,
            "error_class": setback.error_class,
            "error_type": setback.error_type,
            "error": setback.detail,
            "model": model,
        }
        return bool(self._database.ask(Question(SET_BACK, params)))

    def take_unhinted(self, stage: Stage, limit: int, pause: float) -> list[UUID]:
        """Work that somebody should be told of by now."""
        rows = self._database.ask(Question(TAKE_UNHINTED, {"stage": stage, "limit": limit, "pause": pause}))
        return [row["photo_id"] for row in rows]

    def backfill(self, model: str, limit: int) -> int:
        """Let so many photos, at most, wait for this model; say how many more do now."""
        return len(self._database.ask(Question(BACKFILL, {"model": model, "limit": limit})))

    def _lease(self, photo_id: UUID, seconds: int) -> dict[str, object]:
        return {"photo_id": photo_id, "lease": seconds, "lease_token": self._new_id()}

    def _claim(self, question: Question, stage: Stage) -> Work | None:
        rows = self._database.ask(question)
        return _work(rows[0], stage, UUID(str(question.params["lease_token"]))) if rows else None


def _of(work: Work) -> dict[str, object]:
    return {"photo_id": work.photo_id, "attempt_id": work.attempt_id, "lease_token": work.lease_token}


def _work(row: DictRow, stage: Stage, lease_token: UUID) -> Work:
    return Work(
        stage=stage,
        photo_id=row["id"],
        org_id=row["org_id"],
        attempt_id=row["attempt_id"],
        lease_token=lease_token,
        store=StoreName(row["store"]),
        object_name=row["object_name"],
        version=row["version"],
        delivery_url=row["delivery_url"],
        size=row["bytes"],
        sha256=row["sha256"].hex() if row["sha256"] else None,
        tries=row["tries"],
        last_error=row["error_type"],
        display_name=row["display_name"],
        display_bytes=row["display_bytes"] or 0,
    )
