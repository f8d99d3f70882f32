"""What became of each event that a webhook was to be told of: seen, sent again or tried out by an admin."""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.hook_facts import Delivery, HookVerdict
from shared.photos import Caller, Role

# Each state is read from its own place in the index, one page of it at most; the page is the newest of them.
PAGE_DELIVERIES = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), hook AS (
    SELECT w.id FROM webhooks w JOIN member m ON m.role = %(admin)s
     WHERE w.id = %(webhook_id)s AND w.org_id = %(org_id)s
), page AS (
    SELECT d.* FROM hook
     CROSS JOIN unnest(%(states)s::text[]) AS s (state)
     CROSS JOIN LATERAL (
         SELECT d.* FROM deliveries d
          WHERE d.webhook_id = %(webhook_id)s AND d.state = s.state
            AND (d.created_at, d.id) < (coalesce(%(after_at)s::timestamptz, 'infinity'),
                                        coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          ORDER BY d.created_at DESC, d.id DESC LIMIT %(limit)s) d
     ORDER BY d.created_at DESC, d.id DESC LIMIT %(limit)s
)
SELECT CASE WHEN m.role IS NULL THEN 'stranger' WHEN m.role <> %(admin)s THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM hook) THEN 'not_found' ELSE 'go' END AS verdict, p.*
  FROM (SELECT) once LEFT JOIN member m ON true LEFT JOIN page p ON true
 ORDER BY p.created_at DESC, p.id DESC
"""

# Due at once, as if it had never been tried; and the webhook need not rest any longer, for a person asks.
RESEND_DELIVERY = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), found AS (
    SELECT d.id, w.id AS webhook_id, w.ended_at
      FROM member m
      JOIN deliveries d ON m.role = %(admin)s AND d.id = %(delivery_id)s AND d.org_id = %(org_id)s
      JOIN webhooks w ON w.id = d.webhook_id
), woken AS (
    UPDATE webhooks w SET resume_at = NULL FROM found f WHERE w.id = f.webhook_id AND w.resume_at IS NOT NULL
), again AS (
    UPDATE deliveries d SET state = 'due', due_at = now(), tries = 0, ended_at = NULL
      FROM found f WHERE d.id = f.id AND f.ended_at IS NULL
    RETURNING d.*
)
SELECT CASE WHEN m.role IS NULL THEN 'stranger' WHEN m.role <> %(admin)s THEN 'forbidden'
            WHEN f.id IS NULL THEN 'not_found' WHEN f.ended_at IS NOT NULL THEN 'ended' ELSE 'go' END AS verdict, a.*
  FROM (SELECT) once LEFT JOIN member m ON true LEFT JOIN found f ON true LEFT JOIN again a ON true
"""

# An event that nothing happened for, told to one webhook whatever its topics are.
TEST_WEBHOOK = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), hook AS (
    SELECT w.id, w.org_id, w.ended_at FROM webhooks w JOIN member m ON m.role = %(admin)s
     WHERE w.id = %(webhook_id)s AND w.org_id = %(org_id)s
), made AS (
    INSERT INTO deliveries AS d (org_id, webhook_id, event_id, topic, payload)
    SELECT h.org_id, h.id, %(event_id)s::uuid, 'webhook.test', jsonb_build_object('webhook_id', h.id)
      FROM hook h WHERE h.ended_at IS NULL
    ON CONFLICT ON CONSTRAINT deliveries_one_per_event DO UPDATE SET topic = d.topic
    RETURNING d.*
)
SELECT CASE WHEN m.role IS NULL THEN 'stranger' WHEN m.role <> %(admin)s THEN 'forbidden'
            WHEN h.id IS NULL THEN 'not_found' WHEN h.ended_at IS NOT NULL THEN 'ended' ELSE 'go' END AS verdict, d.*
  FROM (SELECT) once LEFT JOIN member m ON true LEFT JOIN hook h ON true LEFT JOIN made d ON true
"""


class PostgresDeliveries:
    """One round trip each, each repeatable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        caller: Caller,
        webhook_id: UUID,
        *,
        states: Collection[str],
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> tuple[HookVerdict, list[Delivery]]:
        """Newest first: those after a position, if one is given."""
        after_at, after_id = after or (None, None)
        where = {"after_at": after_at, "after_id": after_id, "limit": limit}
        rows = self._ask(PAGE_DELIVERIES, caller, webhook_id=webhook_id, states=sorted(states), **where)
        return HookVerdict(rows[0]["verdict"]), [_delivery(row) for row in rows if row["id"]]

    def resend(self, caller: Caller, delivery_id: UUID) -> tuple[HookVerdict, Delivery | None]:
        """Have it sent again, whatever became of it. ENDED: there is nobody any more to send it to."""
        return _one(self._ask(RESEND_DELIVERY, caller, delivery_id=delivery_id))

    def test(self, caller: Caller, webhook_id: UUID, event_id: UUID) -> tuple[HookVerdict, Delivery | None]:
        """Have something sent that means nothing; the same event is sent once."""
        return _one(self._ask(TEST_WEBHOOK, caller, webhook_id=webhook_id, event_id=event_id))

    def _ask(self, sql: LiteralString, caller: Caller, **facts: object) -> list[DictRow]:
        who = {"org_id": caller.org_id, "actor_id": caller.actor_id, "admin": Role.ADMIN}
        return self._database.ask(Question(sql, who | facts))


def _one(rows: list[DictRow]) -> tuple[HookVerdict, Delivery | None]:
    (row,) = rows
    return HookVerdict(row["verdict"]), _delivery(row) if row["id"] else None


def _delivery(row: DictRow) -> Delivery:
    return Delivery(**{name: row[name] for name in Delivery.__slots__})
