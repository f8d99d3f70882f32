"""What an organisation's admins ask of uploads and retries: which fail, which wait, and how often it goes well."""

RETRY_HEALTH_7_DAYS = """
SELECT r.source, count(*) AS runs, sum(r.attempted) AS total_attempted, sum(r.success) AS total_success,
       sum(r.failed) AS total_failed,
       round(100.0 * sum(r.success) / nullif(sum(r.attempted), 0), 2) AS success_rate_percent
  FROM retry_logs r
 WHERE r.org_id = %(org_id)s AND r.created_at >= now() - interval '7 days'
 GROUP BY r.source
 ORDER BY total_attempted DESC, r.source
"""

# What an image failed with counts for where it came from, and anything else for the store it should have gone to.
FAILURES_BY_PROVIDER_AND_TYPE = """
SELECT coalesce(f.provider, f.store) AS provider, f.failure_class,
       coalesce(f.failure_type, 'unknown') AS failure_type, count(*) AS failures,
       count(*) FILTER (WHERE f.state = 'failed') AS permanently_failed,
       count(*) FILTER (WHERE f.state = 'open') AS still_tried, min(f.at) AS first_at, max(f.at) AS last_at
  FROM (SELECT u.provider, u.store, u.failure_class, u.failure_type, u.state, u.finished_at AS at FROM uploads u
         WHERE u.org_id = %(org_id)s AND u.state = 'failed'
         UNION ALL
        SELECT u.provider, u.store, u.failure_class, u.failure_type, u.state, u.updated_at FROM uploads u
         WHERE u.org_id = %(org_id)s AND u.state = 'open' AND u.failure_class IS NOT NULL) f
 GROUP BY 1, 2, 3
 ORDER BY failures DESC, provider, failure_type
"""

USERS_BY_RETRIES = """
SELECT u.org_id, u.actor_id, sum(u.tries) AS retries, count(*) AS uploads_retried,
       count(*) FILTER (WHERE u.state = 'committed') AS recovered,
       count(*) FILTER (WHERE u.state = 'failed') AS failed,
       count(*) FILTER (WHERE u.state = 'open') AS still_tried, max(u.updated_at) AS last_at
  FROM uploads u
 WHERE u.org_id = %(org_id)s AND u.tries > 0 AND u.created_at >= now() - interval '30 days'
 GROUP BY u.org_id, u.actor_id
 ORDER BY retries DESC, u.org_id, u.actor_id
"""

PENDING_UPLOADS = """
SELECT u.id AS upload_id, u.created_at, extract(epoch FROM now() - u.created_at)::bigint AS waiting_seconds,
       u.door, u.store, u.actor_id, u.file_name,
       CASE WHEN u.lease_until > now() THEN 'held' WHEN u.parked_key IS NOT NULL THEN 'parked'
            WHEN u.next_retry_at IS NOT NULL THEN 'retried' ELSE 'left by its client' END AS standing,
       u.tries, u.next_retry_at, u.failure_class, u.failure_type
  FROM uploads u
 WHERE u.org_id = %(org_id)s AND u.photo_id IS NULL AND u.state = 'open'
 ORDER BY u.created_at, u.id
"""

STUCK_LEASES = """
SELECT u.id AS upload_id, u.door, u.store, u.actor_id, u.lease_until,
       extract(epoch FROM now() - u.lease_until)::bigint AS overdue_seconds,
       u.parked_key IS NOT NULL AS parked, u.tries, u.failure_type, u.failure_detail
  FROM uploads u
 WHERE u.org_id = %(org_id)s AND u.state = 'open' AND u.lease_until < now() - interval '5 minutes'
 ORDER BY u.lease_until, u.id
"""

# A photo that was deleted since was stored all the same. What its client never finished is nobody's failure.
UPLOAD_RELIABILITY = """
WITH days AS (
    SELECT ((now() AT TIME ZONE 'UTC')::date - n) AT TIME ZONE 'UTC' AS day FROM generate_series(0, 6) n
), ended AS (
    SELECT 'stored' AS how, p.uploaded_at AS at FROM photos p
     WHERE p.org_id = %(org_id)s AND p.deleted_at IS NULL AND p.uploaded_at >= (SELECT min(day) FROM days)
     UNION ALL
    SELECT 'stored', p.uploaded_at FROM photos p
     WHERE p.org_id = %(org_id)s AND p.uploaded_at >= (SELECT min(day) FROM days)
       AND p.deleted_at >= (SELECT min(day) FROM days)
     UNION ALL
    SELECT CASE WHEN u.failure_type = 'abandoned' THEN 'abandoned' ELSE 'failed' END, u.finished_at FROM uploads u
     WHERE u.org_id = %(org_id)s AND u.state = 'failed' AND u.finished_at >= (SELECT min(day) FROM days)
), counted AS (
    SELECT d.day, count(*) FILTER (WHERE e.how = 'stored') AS stored,
           count(*) FILTER (WHERE e.how = 'failed') AS failed,
           count(*) FILTER (WHERE e.how = 'abandoned') AS abandoned
      FROM days d LEFT JOIN ended e ON date_trunc('day', e.at, 'UTC') = d.day
     GROUP BY d.day
)
SELECT to_char(c.day AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, c.stored, c.failed, c.abandoned,
       round(100.0 * c.stored / nullif(c.stored + c.failed, 0), 2) AS reliability_percent
  FROM counted c
 ORDER BY c.day DESC
"""
