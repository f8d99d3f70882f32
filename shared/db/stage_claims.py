"""The claims on a stage: who may do the work, alone, and with all that is needed for it."""

# Everybody who changes a stage locks its photo first, as whoever deletes or mends the photo does. Asked again with
# the same token, it finds the lease that it made, and spends no second try.
CLAIM_PROCESS = """
WITH held AS (
    SELECT p.id, p.org_id, p.attempt_id, p.bytes, p.sha256, a.store, a.object_name, a.version,
           a.provider_ref->>'secure_url' AS delivery_url, s.error_type,
           p.status = 'uploaded' OR p.stage = 'failed' AND p.status IN ('failed', 'permanently_failed') AS begins,
           (s.lease_token IS DISTINCT FROM %(lease_token)s::uuid)::int AS fresh
      FROM photos p JOIN stages s ON s.photo_id = p.id JOIN attempts a ON a.id = p.attempt_id
     WHERE p.id = %(photo_id)s AND s.stage = 'process' AND s.state = 'due'
       AND (s.lease_token = %(lease_token)s::uuid OR s.due_at <= now() AND coalesce(s.lease_until <= now(), true))
       FOR NO KEY UPDATE OF p, s
), leased AS (
    UPDATE stages s
       SET lease_until = now() + %(lease)s * interval '1 second', lease_token = %(lease_token)s::uuid,
           hint_at = now() + %(lease)s * interval '1 second', tries = s.tries + h.fresh, began_at = now()
      FROM held h WHERE s.photo_id = h.id AND s.stage = 'process'
    RETURNING s.photo_id, s.tries
), moved AS (
    UPDATE photos p
       SET stage = 'processing', status = CASE WHEN h.begins THEN 'processing' ELSE p.status END,
           processing_at = CASE WHEN h.begins THEN now() ELSE p.processing_at END
      FROM held h WHERE p.id = h.id AND p.stage <> 'processing'
)
SELECT h.*, l.tries, NULL AS display_name, 0 AS display_bytes FROM held h JOIN leased l ON l.photo_id = h.id
"""

# Besides, it takes one token of the bucket that all workers share. When there is none, the work is due when there
# will be one again, and no try is spent.
CLAIM_EMBED = """
WITH held AS (
    SELECT p.id, p.org_id, p.attempt_id, p.bytes, p.sha256, a.store, a.object_name, a.version,
           NULL AS delivery_url, s.error_type,
           p.renditions->'display'->>'name' AS display_name,
           (p.renditions->'display'->>'bytes')::bigint AS display_bytes,
           (s.lease_token IS DISTINCT FROM %(lease_token)s::uuid)::int AS fresh
      FROM photos p JOIN stages s ON s.photo_id = p.id JOIN attempts a ON a.id = p.attempt_id
     WHERE p.id = %(photo_id)s AND s.stage = 'embed' AND s.state = 'due' AND p.renditions ? 'display'
       AND (s.lease_token = %(lease_token)s::uuid OR s.due_at <= now() AND coalesce(s.lease_until <= now(), true))
       FOR NO KEY UPDATE OF p, s
), bucket AS (
    INSERT INTO rate_buckets AS b (key, tokens, refilled_at, granted)
    SELECT %(bucket)s::text, %(capacity)s::float8 - 1, now(), true FROM held WHERE fresh = 1
    ON CONFLICT (key) DO UPDATE SET
        (granted, tokens, refilled_at) = (
            SELECT level >= 1, level - (level >= 1)::int, greatest(b.refilled_at, now())
              FROM tokens_in(b, %(capacity)s::float8, %(per_second)s::float8) level)
    RETURNING granted, now() + (1 - tokens) / %(per_second)s::float8 * interval '1 second' AS next_at
), leased AS (
    UPDATE stages s
       SET lease_until = CASE WHEN f.goes THEN now() + %(lease)s * interval '1 second' END,
           lease_token = CASE WHEN f.goes THEN %(lease_token)s::uuid END,
           due_at = CASE WHEN f.goes THEN s.due_at ELSE f.next_at END,
           hint_at = CASE WHEN f.goes THEN now() + %(lease)s * interval '1 second' ELSE f.next_at END,
           tries = s.tries + CASE WHEN f.goes THEN h.fresh ELSE 0 END,
           began_at = CASE WHEN f.goes THEN now() ELSE s.began_at END
      FROM held h LEFT JOIN bucket b ON true
     CROSS JOIN LATERAL (SELECT coalesce(b.granted, true) AS goes, b.next_at) f
     WHERE s.photo_id = h.id AND s.stage = 'embed'
    RETURNING s.photo_id, s.tries, f.goes
)
SELECT h.*, l.tries FROM held h JOIN leased l ON l.photo_id = h.id WHERE l.goes
"""
