"""What is old enough to go: each question takes one batch, steps over what others hold, and may be asked again."""

import json
from collections.abc import Mapping
from typing import Final, LiteralString

from shared.db.connection import Database, Question
from shared.db.retention_uploads import ABANDONED_UPLOADS, DELETED_PHOTOS, FINISHED_UPLOADS, PARKED_BYTES
from shared.photos import Reply

RETRY_LOGS = """
WITH old AS (
    SELECT id FROM retry_logs WHERE created_at < now() - interval '30 days'
     ORDER BY created_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM retry_logs r USING old o WHERE r.id = o.id RETURNING r.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

PROGRESS_EVENTS = """
WITH old AS (
    SELECT org_id, xid, id FROM progress_events WHERE at < now() - interval '2 days'
     ORDER BY at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM progress_events e USING old o WHERE (e.org_id, e.xid, e.id) = (o.org_id, o.xid, o.id) RETURNING e.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

OUTBOX = """
WITH old AS (
    SELECT id FROM outbox WHERE published_at < now() - interval '7 days'
     ORDER BY published_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM outbox b USING old o WHERE b.id = o.id RETURNING b.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

DELIVERIES = """
WITH old AS (
    SELECT id FROM deliveries WHERE ended_at < now() - interval '30 days'
     ORDER BY ended_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM deliveries d USING old o WHERE d.id = o.id RETURNING d.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

# A bucket changes with every request: an index on when it did would cost each of them. So all are walked, by key.
RATE_BUCKETS = """
WITH page AS (
    SELECT key FROM rate_buckets WHERE key > %(after)s ORDER BY key LIMIT %(limit)s
), old AS (
    SELECT key FROM rate_buckets
     WHERE key = ANY (ARRAY(SELECT key FROM page)) AND refilled_at < now() - interval '2 days'
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM rate_buckets WHERE key = ANY (ARRAY(SELECT key FROM old)) RETURNING key
)
SELECT (SELECT count(*) FROM gone)::int AS gone, CASE WHEN count(*) = %(limit)s THEN max(key) END AS onward FROM page
"""

ALLOWANCES = """
WITH old AS (
    SELECT id FROM allowances WHERE expires_at < now() - interval '30 days' AND id <> org_id
     ORDER BY expires_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM allowances l USING old o WHERE l.id = o.id RETURNING l.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

AUDIT_FINDINGS = """
WITH old AS (
    SELECT f.audit_id, f.kind, f.store, f.object_name
      FROM audits a JOIN audit_findings f ON f.audit_id = a.id
     WHERE a.began_at < now() - interval '400 days' AND a.state <> 'running'
     LIMIT %(limit)s
       FOR UPDATE OF f SKIP LOCKED
), gone AS (
    DELETE FROM audit_findings f USING old o
     WHERE (f.audit_id, f.kind, f.store, f.object_name) = (o.audit_id, o.kind, o.store, o.object_name)
    RETURNING f.audit_id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

AUDITS = """
WITH old AS (
    SELECT a.id FROM audits a
     WHERE a.began_at < now() - interval '400 days' AND a.state <> 'running'
       AND NOT EXISTS (SELECT FROM audit_findings f WHERE f.audit_id = a.id)
     ORDER BY a.began_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM audits a USING old o WHERE a.id = o.id RETURNING a.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

INCIDENTS = """
WITH old AS (
    SELECT id FROM incidents WHERE ended_at < now() - interval '400 days'
     ORDER BY ended_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM incidents i USING old o WHERE i.id = o.id RETURNING i.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

_BY_RULE: Final[Mapping[str, LiteralString]] = {
    "abandoned_uploads": ABANDONED_UPLOADS,
    "parked_bytes": PARKED_BYTES,
    "finished_uploads": FINISHED_UPLOADS,
    "deleted_photos": DELETED_PHOTOS,
    "retry_logs": RETRY_LOGS,
    "progress_events": PROGRESS_EVENTS,
    "outbox": OUTBOX,
    "deliveries": DELIVERIES,
    "rate_buckets": RATE_BUCKETS,
    "allowances": ALLOWANCES,
    "audit_findings": AUDIT_FINDINGS,
    "audits": AUDITS,
    "incidents": INCIDENTS,
}


class PostgresRetention:
    """Old rows, by the rule they fall under."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sweep(self, rule: str, limit: int, after: str, abandoned: Reply) -> tuple[int, str | None]:
        """One batch of one rule: how many went, and where to go on. None when there are no more."""
        params = {
            "limit": limit,
            "after": after,
            "abandoned_status": abandoned.status,
            "abandoned_body": json.dumps(dict(abandoned.body)),
        }
        (row,) = self._database.ask(Question(_BY_RULE[rule], params))
        return row["gone"], row["onward"]
