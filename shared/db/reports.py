"""Reports: the questions that admins ask of their organisation, and how one of them is answered."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, LiteralString

from psycopg.rows import DictRow

from shared.db.connection import Database
from shared.db.members import ask_as_member
from shared.db.report_facts import Report, Table
from shared.db.report_queues import OLDEST_QUEUE_ITEMS, ORPHAN_HISTORY, STUCK_MESSAGES
from shared.db.report_uploads import (
    FAILURES_BY_PROVIDER_AND_TYPE,
    PENDING_UPLOADS,
    RETRY_HEALTH_7_DAYS,
    STUCK_LEASES,
    UPLOAD_RELIABILITY,
    USERS_BY_RETRIES,
)
from shared.db.report_venues import IMPORT_JOBS_7_DAYS, PARTIAL_SUCCESSES, VENUES_BY_PRIORITY
from shared.errors import Forbidden, NotFound
from shared.photos import Caller, Role

# The same questions about all organisations are in sql/ops, written by `python -m sql.ops`.
REPORTS: Final[Mapping[str, Report]] = {
    "failures_by_provider_and_type": Report(
        "Which provider or store fails with what, and how often?", FAILURES_BY_PROVIDER_AND_TYPE
    ),
    "import_jobs_7_days": Report("How did each import of the last 7 days go?", IMPORT_JOBS_7_DAYS),
    "oldest_queue_items": Report(
        "What has waited longest to be told, to be processed, or to be delivered?", OLDEST_QUEUE_ITEMS
    ),
    "orphan_history": Report("What did each audit of the last 90 days find?", ORPHAN_HISTORY),
    "partial_successes": Report("Which venues have got some of their images and not the others?", PARTIAL_SUCCESSES),
    "pending_uploads": Report(
        "Which uploads are not finished, the oldest first, and what do they wait for?", PENDING_UPLOADS
    ),
    "retry_health_7_days": Report(
        "How often did trying again help in the last 7 days, by who asked for it?", RETRY_HEALTH_7_DAYS
    ),
    "stuck_leases": Report("Which uploads has somebody begun, and not come back to?", STUCK_LEASES),
    "stuck_messages": Report("Which news was tried often, or is dead and waits for a person?", STUCK_MESSAGES),
    "upload_reliability": Report(
        "Of what was uploaded on each of the last 7 days, how much is stored?", UPLOAD_RELIABILITY
    ),
    "users_by_retries": Report("Whose uploads had to be tried again most in the last 30 days?", USERS_BY_RETRIES),
    "venues_by_priority": Report("Whose failed images should be looked at first?", VENUES_BY_PRIORITY),
}

# One row even for an empty report: it names the columns, and says whether the question was allowed at all. The names
# with an underscore are ours; `_n` keeps the order, and is null in that one row.
_ASKED = """
WITH asking AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
)
SELECT a.role AS _role, now() AS _at, r.*
  FROM asking a
  LEFT JOIN LATERAL (SELECT row_number() OVER () AS _n, q.* FROM (
"""
_TOLD = """
) q WHERE a.role = %(admin)s LIMIT %(limit)s) r ON true
 ORDER BY r._n
"""


class PostgresReports:
    """One round trip each, for the admins of an organisation alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, caller: Caller, name: str, limit: int) -> Table:
        """So many rows at most."""
        report = REPORTS.get(name)
        if report is None:
            raise NotFound(f"There is no report of this name. There are {', '.join(REPORTS)}.", reports=list(REPORTS))
        rows = self._ask(report.sql, caller, limit + 1)
        columns = tuple(column for column in rows[0] if not column.startswith("_"))
        found = [tuple(_told(row[column]) for column in columns) for row in rows if row["_n"] is not None]
        return Table(columns, tuple(found[:limit]), rows[0]["_at"], truncated=len(found) > limit)

    def _ask(self, sql: LiteralString, caller: Caller, limit: int) -> list[DictRow]:
        asked = {"admin": Role.ADMIN, "limit": limit}
        rows = ask_as_member(self._database, _ASKED + sql + _TOLD, caller, asked)
        if rows[0]["_role"] != Role.ADMIN:
            raise Forbidden("Reports are for the admins of the organisation. Ask one of them.")
        return rows


def _told(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value
