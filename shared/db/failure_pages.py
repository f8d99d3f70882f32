"""Which uploads failed or have trouble, page by page: the last to fail first, for an organisation's admins."""

from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.connection import Database
from shared.db.members import ask_as_member
from shared.db.report_facts import FailedUpload, FailureFilters
from shared.errors import Forbidden
from shared.photos import Caller, Role

_COLUMNS = """
           u.id, u.state, u.failure_class, u.failure_type, u.failure_detail, u.tries, u.most_tries, u.next_retry_at,
           u.priority, u.door, u.store, u.provider, u.provider_url, u.actor_id, u.file_name, u.project_id, u.team_id,
           u.location_id, u.venue_id, u.created_at, u.parked_key IS NOT NULL OR u.door = 'import' AS can_be_retried
"""
_NARROWED = """
       AND (SELECT role FROM asking) = %(admin)s
       AND (%(failure_class)s::text IS NULL OR u.failure_class = %(failure_class)s::text)
       AND (%(failure_type)s::text IS NULL OR u.failure_type = %(failure_type)s::text)
       AND (%(provider)s::text IS NULL OR u.store = %(provider)s::text OR u.provider = %(provider)s::text)
       AND (%(door)s::text IS NULL OR u.door = %(door)s::text)
       AND (%(venue_id)s::uuid IS NULL OR u.venue_id = %(venue_id)s::uuid)
       AND (%(project_id)s::uuid IS NULL OR u.project_id = %(project_id)s::uuid)
"""
_AFTER = """
           (coalesce(%(after_at)s::timestamptz, 'infinity'),
            coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
"""

# Each half reads no more than one page of its own index; the page is the newest of both. One row without an upload
# says that there is none.
FAILURES_PAGE = (
    """
WITH asking AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), failed AS (
    SELECT u.finished_at AS at,"""  # noqa: S608 - of our own constants
    + _COLUMNS
    + """      FROM uploads u
     WHERE u.org_id = %(org_id)s AND u.state = 'failed'"""
    + _NARROWED
    + "       AND (u.finished_at, u.id) <"
    + _AFTER
    + """     ORDER BY u.finished_at DESC, u.id DESC LIMIT %(limit)s
), troubled AS (
    SELECT u.updated_at AS at,"""
    + _COLUMNS
    + """      FROM uploads u
     WHERE u.org_id = %(org_id)s AND u.state = 'open' AND u.failure_class IS NOT NULL"""
    + _NARROWED
    + "       AND (u.updated_at, u.id) <"
    + _AFTER
    + """     ORDER BY u.updated_at DESC, u.id DESC LIMIT %(limit)s
)
SELECT a.role, f.*
  FROM asking a
  LEFT JOIN (SELECT * FROM (SELECT * FROM failed UNION ALL SELECT * FROM troubled) found
              ORDER BY at DESC, id DESC LIMIT %(limit)s) f ON true
 ORDER BY f.at DESC, f.id DESC
"""
)

FACTS: Final = (
    *("state", "failure_class", "failure_type", "failure_detail", "tries", "most_tries", "next_retry_at", "priority"),
    *("can_be_retried", "door", "store", "provider", "provider_url", "actor_id", "file_name", "project_id"),
    *("team_id", "location_id", "venue_id", "created_at"),
)


class PostgresFailures:
    """One round trip for a page."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, caller: Caller, filters: FailureFilters, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[FailedUpload]:
        """From where the page before ended. What has trouble moves to the front whenever it is tried again."""
        after_at, after_id = after or (None, None)
        place = {"after_at": after_at, "after_id": after_id, "limit": limit}
        facts = {"admin": Role.ADMIN, **place, **filters.params()}
        rows = ask_as_member(self._database, FAILURES_PAGE, caller, facts)
        if rows[0]["role"] != Role.ADMIN:
            raise Forbidden("Failures are shown to the admins of the organisation. Ask one of them.")
        return [_failed(row) for row in rows if row["id"]]


def _failed(row: DictRow) -> FailedUpload:
    return FailedUpload(row["id"], row["at"], {name: row[name] for name in FACTS})
