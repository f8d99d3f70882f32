"""Keeping the bytes of an upload in our own S3 while its store is down, and coming back to it."""

import json
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from psycopg.rows import DictRow

from shared.db.claim_items import source_of
from shared.db.connection import Database, Question
from shared.db.ledger import attempt_of
from shared.photos import (
    Attempt,
    Caller,
    Declared,
    Door,
    Due,
    Intention,
    StoredObject,
    StoreName,
    Target,
)

# Only the holder of the lease may park: whoever took the upload over decides by himself. Asked again after a
# lost reply, it finds the place that it made.
ALLOT = """
WITH held AS (
    UPDATE uploads u SET attempt_no = attempt_no + 1, updated_at = now()
     WHERE u.id = %(upload_id)s AND u.state = 'open' AND u.lease_token = %(lease_token)s AND u.lease_until IS NOT NULL
       AND NOT EXISTS (SELECT FROM attempts a WHERE a.id = %(attempt_id)s)
    RETURNING u.*
), place AS (
    INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after)
    SELECT %(attempt_id)s::uuid, h.id, h.attempt_no, 's3',
           format('%%s/%%s/%%s/%%s', %(stage)s::text, h.org_id, h.id, h.attempt_no),
           now() + %(reap_after)s * interval '1 second'
      FROM held h
    RETURNING id AS attempt_id, upload_id, attempt_no, object_name, store
)
SELECT * FROM place
 UNION ALL
SELECT id, upload_id, attempt_no, object_name, store FROM attempts WHERE id = %(attempt_id)s
"""

# From here on the 202 is a promise: the bytes are there, the row says where, and when to try again. The lease
# ends with it, so every other open try goes: nobody would look for it again. Whichever of the URLs of a direct
# upload was used, what lies there is what counts, once; and what its client did not declare is known by now.
PROMISE = """
WITH held AS (
    SELECT u.id AS upload_id, a.id AS attempt_id, a.object_name
      FROM attempts a JOIN uploads u ON u.id = a.upload_id
     WHERE a.id = %(attempt_id)s AND a.state = 'intent' AND u.state = 'open'
       AND CASE u.door WHEN 'direct' THEN u.parked_key IS NULL ELSE u.attempt_no = a.attempt_no END
       FOR UPDATE OF u, a
), kept AS (
    UPDATE attempts a SET version = %(version)s::text, bytes = %(bytes)s::bigint FROM held h WHERE a.id = h.attempt_id
), rivals AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now()
      FROM held h WHERE a.upload_id = h.upload_id AND a.id <> h.attempt_id AND a.state = 'intent'
)
UPDATE uploads u
   SET parked_key = h.object_name, lease_until = NULL, updated_at = now(),
       next_retry_at = now() + %(retry_in)s::float8 * interval '1 second',
       size = coalesce(u.size, %(bytes)s::bigint), sha256 = coalesce(u.sha256, decode(%(sha256)s, 'hex')),
       mime = coalesce(u.mime, %(details)s::jsonb->'image'->>'mime'),
       details = u.details || %(details)s::jsonb
  FROM held h WHERE u.id = h.upload_id
RETURNING u.id
"""

# The most urgent first, then the longest waiting. Rows that another worker holds are stepped over, not waited for.
# What has used up its tries is claimed as well, once more than allowed: the worker then ends it with its reason.
# What is imported needs no bytes of ours: it is fetched once more.
CLAIM_DUE = """
WITH due AS (
    SELECT id FROM uploads
     WHERE state = 'open' AND next_retry_at <= now() AND coalesce(lease_until <= now(), true)
       AND (parked_key IS NOT NULL OR door = 'import')
       AND store <> ALL (%(not_at)s::text[]) AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s::uuid[]))
     ORDER BY priority DESC, next_retry_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), held AS (
    UPDATE uploads u
       SET attempt_no = attempt_no + 1, tries = tries + 1, next_retry_at = NULL, updated_at = now(),
           lease_until = now() + %(lease)s * interval '1 second', lease_token = %(lease_token)s
      FROM due d WHERE u.id = d.id
    RETURNING u.*
), attempt AS (
    INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after)
    SELECT gen_random_uuid(), h.id, h.attempt_no, h.store,
           format('%%s/%%s/%%s/%%s', %(stage)s::text, h.org_id, h.id, h.attempt_no),
           now() + %(reap_after)s * interval '1 second'
      FROM held h
    RETURNING *
)
SELECT h.id AS upload_id, h.org_id, h.actor_id, h.door, h.idem_key,
       h.project_id, h.team_id, h.location_id, h.venue_id,
       h.file_name, h.size, h.mime, encode(h.sha256, 'hex') AS sha256, h.details, h.tries, h.most_tries,
       h.store AS target_store, h.provider, h.provider_url, h.quality_score, h.fetched_at,
       a.id AS attempt_id, a.attempt_no, a.store, a.object_name,
       p.object_name AS parked_name, p.version AS parked_version
  FROM held h JOIN attempt a ON a.upload_id = h.id LEFT JOIN attempts p ON p.object_name = h.parked_key
"""


class PostgresParking:
    """Allot, promise, and claim what is due: each one round trip."""

    def __init__(self, database: Database, *, stage: str, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._stage = stage
        self._new_id = new_id

    def allot(self, upload_id: UUID, lease_token: UUID, reap_after: int) -> Attempt | None:
        """An attempt in our S3 for the bytes at hand. None: somebody else has the upload by now."""
        params = {
            "upload_id": upload_id,
            "lease_token": lease_token,
            "attempt_id": self._new_id(),
            "stage": self._stage,
            "reap_after": reap_after,
        }
        rows = self._database.ask(Question(ALLOT, params))
        return attempt_of(rows[0]) if rows else None

    def promise(self, attempt: Attempt, stored: StoredObject, details: Mapping[str, object], retry_in: float) -> bool:
        """Record that the bytes are safe with us. False: the upload was decided meanwhile."""
        params = {
            "attempt_id": attempt.id,
            "version": stored.version,
            "bytes": stored.size,
            "sha256": stored.sha256,
            "details": json.dumps(dict(details)),
            "retry_in": retry_in,
        }
        return bool(self._database.ask(Question(PROMISE, params)))

    def claim_due(
        self,
        *,
        limit: int,
        lease_seconds: int,
        reap_after: int,
        only: Collection[UUID] | None = None,
        not_at: Collection[StoreName] = (),
    ) -> list[Due]:
        """Take uploads whose time has come, for this worker alone: of these only, and none of those stores'."""
        lease_token = self._new_id()
        params = {
            "only": None if only is None else list(only),
            "not_at": sorted(not_at),
            "limit": limit,
            "lease": lease_seconds,
            "lease_token": lease_token,
            "stage": self._stage,
            "reap_after": reap_after,
        }
        return [_due(row, lease_token) for row in self._database.ask(Question(CLAIM_DUE, params))]


def _due(row: DictRow, lease_token: UUID) -> Due:
    target = Target(row["project_id"], row["team_id"], row["location_id"], row["venue_id"])
    declared = Declared(row["file_name"], row["size"], row["mime"] or "", row["sha256"])
    return Due(
        caller=Caller(row["actor_id"], row["org_id"]),
        intention=Intention(Door(row["door"]), row["idem_key"], target, declared, row["details"], source_of(row)),
        attempt=attempt_of(row),
        lease_token=lease_token,
        target_store=StoreName(row["target_store"]),
        parked_name=row["parked_name"],
        parked_version=row["parked_version"],
        tries=row["tries"],
        most_tries=row["most_tries"],
    )
