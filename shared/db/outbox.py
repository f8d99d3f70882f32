"""What must be told to others, and has not been yet."""

from shared.db.connection import Database, Question
from shared.photos import News

# Taking a row pushes it into the future, longer each time: a publisher that dies is followed by another, and
# a row that cannot be told does not keep the others waiting.
TAKE_OUTBOX = """
WITH due AS (
    SELECT id FROM outbox WHERE published_at IS NULL AND dead_at IS NULL AND available_at <= now()
     ORDER BY available_at, id LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET tries = tries + 1, available_at = now() + least(3600, 30 * 2 ^ o.tries) * interval '1 second'
  FROM due d WHERE o.id = d.id
RETURNING o.id, o.event_id, o.org_id, o.topic, o.payload, o.tries
"""
PUBLISHED = """
UPDATE outbox SET published_at = now() WHERE id = ANY (%(ids)s::bigint[]) AND published_at IS NULL RETURNING id
"""
UNPUBLISHED = """
UPDATE outbox SET last_error = %(error)s::text,
       dead_at = CASE WHEN tries >= %(most)s THEN now() END
 WHERE id = ANY (%(ids)s::bigint[]) AND published_at IS NULL
RETURNING id
"""

MOST_TRIES = 20


class PostgresOutbox:
    """Take, and say how it went."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, limit: int) -> list[News]:
        rows = self._database.ask(Question(TAKE_OUTBOX, {"limit": limit}))
        return [News(row["id"], row["event_id"], row["org_id"], row["topic"], row["payload"]) for row in rows]

    def published(self, ids: list[int]) -> None:
        self._database.ask(Question(PUBLISHED, {"ids": ids}))

    def unpublished(self, ids: list[int], error: str) -> None:
        """It stays due, until it was tried too often; then it waits for a person."""
        self._database.ask(Question(UNPUBLISHED, {"ids": ids, "error": error, "most": MOST_TRIES}))
