"""What must be delivered to webhooks now, by whom it is carried, and how that went."""

from collections.abc import Sequence

from shared.db.connection import Database, Question
from shared.db.hook_facts import Due, Failure

# Read it downwards. `waiting` leaps from webhook to webhook of those that have anything due, so that neither
# thousands of deliveries nor thousands of idle webhooks cost anything; `due` is a few of each, the oldest first, but
# none of a webhook that rests. Taking one pushes it away by its backoff: a courier that dies is followed by
# another. What is due to a webhook that has ended dies here.
TAKE_DELIVERIES = """
WITH RECURSIVE waiting AS (
    (SELECT webhook_id FROM deliveries WHERE state = 'due' ORDER BY webhook_id LIMIT 1)
     UNION ALL
    SELECT (SELECT d.webhook_id FROM deliveries d
             WHERE d.state = 'due' AND d.webhook_id > n.webhook_id ORDER BY d.webhook_id LIMIT 1)
      FROM waiting n WHERE n.webhook_id IS NOT NULL
), due AS (
    SELECT d.id
      FROM waiting n
      JOIN webhooks w ON w.id = n.webhook_id AND coalesce(w.resume_at <= now(), true)
     CROSS JOIN LATERAL (
         SELECT d.id, d.due_at FROM deliveries d
          WHERE d.webhook_id = w.id AND d.state = 'due' AND d.due_at <= now()
          ORDER BY d.due_at LIMIT %(each)s
            FOR UPDATE SKIP LOCKED) d
     ORDER BY d.due_at LIMIT %(limit)s
)
UPDATE deliveries d
   SET tries = d.tries + (w.ended_at IS NULL)::int,
       state = CASE WHEN w.ended_at IS NULL THEN 'due' ELSE 'dead' END,
       due_at = CASE WHEN w.ended_at IS NULL
                     THEN now() + (%(delays)s::float8[])[least(d.tries + 1, cardinality(%(delays)s::float8[]))]
                                  * interval '1 second' END,
       ended_at = CASE WHEN w.ended_at IS NOT NULL THEN now() END,
       last_error = CASE WHEN w.ended_at IS NULL THEN d.last_error ELSE 'The webhook has ended.' END
  FROM due u, webhooks w
 WHERE d.id = u.id AND w.id = d.webhook_id
RETURNING d.id, d.org_id, d.webhook_id, d.event_id, d.topic, d.payload, d.created_at, d.tries,
          w.url, w.secret, w.ended_at IS NOT NULL AS ended
"""

# The number of tries names the one who took it: somebody who was overtaken by a resend has no say any more.
DELIVERED = """
UPDATE deliveries
   SET state = 'delivered', due_at = NULL, ended_at = now(), last_status = %(status)s::int, last_error = NULL
 WHERE id = %(delivery_id)s AND state = 'due' AND tries = %(tries)s
"""
NOT_DELIVERED = """
WITH rests AS (
    UPDATE webhooks SET resume_at = greatest(resume_at, now() + %(rest)s * interval '1 second')
     WHERE id = %(webhook_id)s
)
UPDATE deliveries
   SET state = CASE WHEN %(over)s::bool THEN 'dead' ELSE 'due' END,
       due_at = CASE WHEN NOT %(over)s::bool THEN greatest(due_at, now() + %(rest)s * interval '1 second') END,
       ended_at = CASE WHEN %(over)s::bool THEN now() END,
       last_status = %(status)s::int, last_error = %(error)s::text
 WHERE id = %(delivery_id)s AND state = 'due' AND tries = %(tries)s
"""
REFUSED_FOR_GOOD = """
WITH ended AS (
    UPDATE webhooks SET ended_at = coalesce(ended_at, now()), ended_why = coalesce(ended_why, 'gone')
     WHERE id = %(webhook_id)s
)
UPDATE deliveries
   SET state = 'dead', due_at = NULL, ended_at = now(), last_status = %(status)s::int, last_error = %(error)s::text
 WHERE id = %(delivery_id)s AND state = 'due' AND tries = %(tries)s
"""


class PostgresCourier:
    """Take, and say how it went."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, limit: int, each: int, delays: Sequence[float]) -> list[Due]:
        """At most so many, and of each webhook so many; none again before its delay is over."""
        params = {"limit": limit, "each": each, "delays": list(delays)}
        rows = self._database.ask(Question(TAKE_DELIVERIES, params))
        return [Due(**row) for row in rows]

    def delivered(self, due: Due, status: int) -> None:
        self._database.ask(Question(DELIVERED, _of(due) | {"status": status}))

    def not_delivered(self, due: Due, failure: Failure) -> None:
        """It stays due, until it was tried too often; then it waits for a person."""
        params = {"status": failure.status, "error": failure.error, "rest": failure.rest, "over": failure.over}
        self._database.ask(Question(NOT_DELIVERED, _of(due) | params))

    def refused_for_good(self, due: Due, status: int, error: str) -> None:
        """The receiver wants to hear no more: that ends the webhook."""
        self._database.ask(Question(REFUSED_FOR_GOOD, _of(due) | {"status": status, "error": error}))


def _of(due: Due) -> dict[str, object]:
    return {"delivery_id": due.id, "webhook_id": due.webhook_id, "tries": due.tries}
