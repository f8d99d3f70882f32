"""Where an organisation wants to be told: its webhooks, for its admins alone."""

from collections.abc import Collection
from typing import Final, LiteralString
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.hook_facts import MOST_WEBHOOKS, HookVerdict, Webhook
from shared.photos import Caller, Role

# A webhook of the same id, address and topics was made before: it stays as it is, its secret and its end included.
MAKE_WEBHOOK = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), admin AS (
    SELECT FROM member WHERE role = %(admin)s
), known AS (
    SELECT FROM webhooks WHERE id = %(webhook_id)s
), others AS (
    SELECT count(*) AS n FROM webhooks WHERE org_id = %(org_id)s AND ended_at IS NULL AND id <> %(webhook_id)s
), made AS (
    INSERT INTO webhooks AS w (id, org_id, url, secret, topics)
    SELECT %(webhook_id)s::uuid, %(org_id)s::uuid, %(url)s::text, %(secret)s::text, %(topics)s::text[]
      FROM admin, others o WHERE o.n < %(most)s
    ON CONFLICT (id) DO UPDATE SET url = w.url
     WHERE (w.org_id, w.url, w.topics) = (excluded.org_id, excluded.url, excluded.topics)
    RETURNING w.id, w.url, w.secret, w.topics, w.created_at, w.ended_at, w.ended_why
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM admin) THEN 'forbidden'
            WHEN m.id IS NOT NULL AND NOT EXISTS (SELECT FROM known) THEN 'go'
            WHEN m.id IS NOT NULL THEN 'replay'
            WHEN EXISTS (SELECT FROM known) THEN 'reused'
            ELSE 'full' END AS verdict, m.*
  FROM (SELECT) once LEFT JOIN made m ON true
"""

# One row without a webhook says that there is none; what has ended stays to be seen.
LIST_WEBHOOKS = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
)
SELECT CASE WHEN m.role IS NULL THEN 'stranger' WHEN m.role <> %(admin)s THEN 'forbidden' ELSE 'go' END AS verdict,
       w.*
  FROM (SELECT) once
  LEFT JOIN member m ON true
  LEFT JOIN LATERAL (
      SELECT id, url, topics, created_at, ended_at, ended_why FROM webhooks
       WHERE org_id = %(org_id)s AND m.role = %(admin)s ORDER BY created_at DESC, id DESC LIMIT %(limit)s) w ON true
 ORDER BY w.created_at DESC, w.id DESC
"""

# What is still due to it dies when its turn comes: there may be too much of it for one statement.
END_WEBHOOK = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), ended AS (
    UPDATE webhooks w SET ended_at = coalesce(w.ended_at, now()), ended_why = coalesce(w.ended_why, 'deleted')
      FROM member m
     WHERE m.role = %(admin)s AND w.id = %(webhook_id)s AND w.org_id = %(org_id)s
    RETURNING w.id, w.url, w.topics, w.created_at, w.ended_at, w.ended_why
)
SELECT CASE WHEN m.role IS NULL THEN 'stranger' WHEN m.role <> %(admin)s THEN 'forbidden'
            WHEN e.id IS NULL THEN 'not_found' ELSE 'go' END AS verdict, e.*
  FROM (SELECT) once LEFT JOIN member m ON true LEFT JOIN ended e ON true
"""

LONGEST_LIST: Final = 100


class PostgresWebhooks:
    """One round trip each, each repeatable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(
        self, caller: Caller, webhook_id: UUID, url: str, topics: Collection[str], secret: str
    ) -> tuple[HookVerdict, Webhook | None]:
        """Write it down. REPLAY: it was made before, with the secret it has. REUSED: its id is another one's."""
        facts = {"webhook_id": webhook_id, "url": url, "topics": sorted(topics), "secret": secret}
        return _one(self._ask(MAKE_WEBHOOK, caller, **facts, most=MOST_WEBHOOKS))

    def all(self, caller: Caller) -> tuple[HookVerdict, list[Webhook]]:
        """The newest ones."""
        rows = self._ask(LIST_WEBHOOKS, caller, limit=LONGEST_LIST)
        return HookVerdict(rows[0]["verdict"]), [_webhook(row) for row in rows if row["id"]]

    def end(self, caller: Caller, webhook_id: UUID) -> tuple[HookVerdict, Webhook | None]:
        """Tell it nothing from now on; asked again, it ended when it did."""
        return _one(self._ask(END_WEBHOOK, caller, webhook_id=webhook_id))

    def _ask(self, sql: LiteralString, caller: Caller, **facts: object) -> list[DictRow]:
        who = {"org_id": caller.org_id, "actor_id": caller.actor_id, "admin": Role.ADMIN}
        return self._database.ask(Question(sql, who | facts))


def _one(rows: list[DictRow]) -> tuple[HookVerdict, Webhook | None]:
    (row,) = rows
    return HookVerdict(row["verdict"]), _webhook(row) if row["id"] else None


def _webhook(row: DictRow) -> Webhook:
    return Webhook(
        id=row["id"],
        url=row["url"],
        topics=tuple(row["topics"]),
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        ended_why=row["ended_why"],
        secret=row.get("secret", ""),
    )
