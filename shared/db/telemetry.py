"""How long photos take from one stage to the next, and how much is waiting in front of each."""

from shared.db.connection import Database
from shared.db.members import ask_as_member
from shared.photos import Caller, Role
from shared.photos.progress import Readings

# Enough for a p99 of fifty values; the cost is the same however many photos there are.
SAMPLE = 5_000

# Read it downwards. `uploaded`, `processed` and `embedded` are the newest of the last day, so many at most, with how
# long each took; `measured` is their percentiles, of the hour and of the day. `queued` is what is due, stage by
# stage, and `parked` what waits for its store.
TELEMETRY = """
WITH uploaded AS (
    SELECT p.uploaded_at AS at, p.uploaded_at - (SELECT u.created_at FROM uploads u WHERE u.id = p.id) AS took
      FROM photos p
     WHERE p.org_id = %(org_id)s AND p.deleted_at IS NULL AND p.uploaded_at >= now() - interval '1 day'
     ORDER BY p.uploaded_at DESC, p.id DESC LIMIT %(sample)s
), processed AS (
    SELECT s.ended_at AS at, s.ended_at - (SELECT p.uploaded_at FROM photos p WHERE p.id = s.photo_id) AS took
      FROM stages s
     WHERE s.org_id = %(org_id)s AND s.stage = 'process' AND s.state = 'done'
       AND s.ended_at >= now() - interval '1 day'
     ORDER BY s.ended_at DESC LIMIT %(sample)s
), embedded AS (
    SELECT s.ended_at AS at, s.ended_at - (SELECT b.ended_at FROM stages b
                                            WHERE b.photo_id = s.photo_id AND b.stage = 'process') AS took
      FROM stages s
     WHERE s.org_id = %(org_id)s AND s.stage = 'embed' AND s.state = 'done'
       AND s.ended_at >= now() - interval '1 day'
     ORDER BY s.ended_at DESC LIMIT %(sample)s
), measured AS (
    SELECT what,
           count(*) FILTER (WHERE at >= now() - interval '1 hour') AS hour_count,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms)
               FILTER (WHERE at >= now() - interval '1 hour') AS hour,
           count(*) AS day_count,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS day
      FROM (SELECT what, at, extract(epoch FROM took) * 1000 AS ms
              FROM (SELECT 'upload' AS what, at, took FROM uploaded
                     UNION ALL SELECT 'processing', at, took FROM processed
                     UNION ALL SELECT 'embedding', at, took FROM embedded) each
             WHERE took >= '0') timed
     GROUP BY what
), queued AS (
    SELECT stage AS what, count(*) AS depth, min(due_at) AS oldest FROM stages
     WHERE org_id = %(org_id)s AND state = 'due' GROUP BY stage
), parked AS (
    SELECT count(*) AS depth, min(created_at) AS oldest FROM uploads
     WHERE org_id = %(org_id)s AND state = 'open' AND parked_key IS NOT NULL
), waiting AS (
    SELECT what, depth,
           CASE WHEN depth > 0 THEN round(greatest(0, extract(epoch FROM now() - oldest)), 1) END AS age
      FROM (SELECT * FROM queued UNION ALL SELECT 'parked', depth, oldest FROM parked) each
)
SELECT m.role, now() AS at,
       (SELECT jsonb_object_agg(what, jsonb_build_object(
                   'last_hour', jsonb_build_object('count', hour_count, 'ms', to_jsonb(hour)),
                   'last_day', jsonb_build_object('count', day_count, 'ms', to_jsonb(day)))) FROM measured) AS took,
       (SELECT jsonb_object_agg(what, jsonb_build_object('depth', depth, 'age', age)) FROM waiting) AS waits
  FROM memberships m
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
"""


class PostgresTelemetry:
    """One round trip for all of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, caller: Caller) -> Readings:
        rows = ask_as_member(self._database, TELEMETRY, caller, {"sample": SAMPLE})
        return Readings(Role(rows[0]["role"]), rows[0]["took"] or {}, rows[0]["waits"] or {}, rows[0]["at"])
