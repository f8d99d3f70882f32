"""How long photos take from one stage to the next, and how much is waiting in front of each."""

from shared.db.connection import Database, Question
from shared.errors import Forbidden
from shared.photos import Caller, Role
from shared.photos.progress import Readings

# Enough for a p99 of a hundred values; the cost is the same however many photos there are.
SAMPLE = 10_000

# Read it downwards. `uploaded`, `processed` and `embedded` are the newest of the last day, so many at most, with how
# long each took; `measured` is their percentiles, of the hour and of the day. `queued` is what is due, stage by
# stage, and `parked` what waits for its store.
TELEMETRY = """
WITH uploaded AS (
    SELECT p.uploaded_at AS at, extract(epoch FROM p.uploaded_at - u.created_at) * 1000 AS ms
      FROM (SELECT id, uploaded_at FROM photos
             WHERE org_id = %(org_id)s AND deleted_at IS NULL AND uploaded_at >= now() - interval '1 day'
             ORDER BY uploaded_at DESC, id DESC LIMIT %(sample)s) p
      JOIN uploads u ON u.id = p.id
), processed AS (
    SELECT s.ended_at AS at, extract(epoch FROM s.ended_at - p.uploaded_at) * 1000 AS ms
      FROM (SELECT photo_id, ended_at FROM stages
             WHERE org_id = %(org_id)s AND stage = 'process' AND state = 'done'
               AND ended_at >= now() - interval '1 day'
             ORDER BY ended_at DESC LIMIT %(sample)s) s
      JOIN photos p ON p.id = s.photo_id
), embedded AS (
    SELECT s.ended_at AS at, extract(epoch FROM s.ended_at - b.ended_at) * 1000 AS ms
      FROM (SELECT photo_id, ended_at FROM stages
             WHERE org_id = %(org_id)s AND stage = 'embed' AND state = 'done'
               AND ended_at >= now() - interval '1 day'
             ORDER BY ended_at DESC LIMIT %(sample)s) s
      JOIN stages b ON b.photo_id = s.photo_id AND b.stage = 'process' AND b.ended_at <= s.ended_at
), measured AS (
    SELECT what,
           count(*) FILTER (WHERE at >= now() - interval '1 hour') AS hour_count,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms)
               FILTER (WHERE at >= now() - interval '1 hour') AS hour,
           count(*) AS day_count,
           percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS day
      FROM (SELECT 'upload' AS what, at, ms FROM uploaded
             UNION ALL SELECT 'processing', at, ms FROM processed
             UNION ALL SELECT 'embedding', at, ms FROM embedded) each
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
        asked = {"org_id": caller.org_id, "actor_id": caller.actor_id, "sample": SAMPLE}
        rows = self._database.ask(Question(TELEMETRY, asked))
        if not rows:
            raise Forbidden("You are not a member of the organisation that your token names.")
        return Readings(Role(rows[0]["role"]), rows[0]["took"] or {}, rows[0]["waits"] or {}, rows[0]["at"])
