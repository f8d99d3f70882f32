"""Which uploads and photos are old enough to go: each question takes one batch, and steps over what others hold."""

# Nobody holds it, nothing of it is with us, and nobody came back for a week: as long as a phone keeps what it could
# not send. An import that waits for its next try is not left alone: we come back ourselves. What it had reserved is
# given back (a trigger).
ABANDONED_UPLOADS = """
WITH old AS (
    SELECT id FROM uploads
     WHERE state = 'open' AND lease_until IS NULL AND parked_key IS NULL AND updated_at < now() - interval '7 days'
       AND (next_retry_at IS NULL OR door <> 'import' AND next_retry_at < now() - interval '7 days')
     ORDER BY updated_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), condemned AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now(), last_error = 'abandoned'
      FROM old o WHERE a.upload_id = o.id AND a.state = 'intent'
), gone AS (
    UPDATE uploads u
       SET state = 'failed', finished_at = now(), updated_at = now(), next_retry_at = NULL,
           failure_class = 'permanent', failure_type = 'abandoned',
           failure_detail = 'It was begun and never finished.',
           resp_status = %(abandoned_status)s::int, resp_body = %(abandoned_body)s::json
      FROM old o WHERE u.id = o.id
    RETURNING u.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

# Bytes that were kept for a person who might try again; the reaper takes them from here.
PARKED_BYTES = """
WITH old AS (
    SELECT id, parked_key FROM uploads
     WHERE (state = 'failed' OR photo_id <> id) AND finished_at < now() - interval '30 days'
       AND parked_key IS NOT NULL
     ORDER BY finished_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), condemned AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now(), last_error = 'too old'
      FROM old o WHERE a.object_name = o.parked_key AND a.state = 'intent'
), gone AS (
    UPDATE uploads u SET parked_key = NULL, updated_at = now() FROM old o WHERE u.id = o.id RETURNING u.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

# What failed, or ended in a photo that was there before. Its attempts are remembered for as long after they were
# condemned, so that an audit can name what lands late; and for ever, if one of them holds the bytes of a photo.
FINISHED_UPLOADS = """
WITH old AS (
    SELECT u.id FROM uploads u
     WHERE (u.state = 'failed' OR u.photo_id <> u.id) AND u.finished_at < now() - interval '30 days'
       AND u.parked_key IS NULL
       AND coalesce((SELECT bool_and(a.state = 'reaped' AND a.condemned_at < now() - interval '30 days')
                       FROM attempts a WHERE a.upload_id = u.id), true)
       AND (SELECT count(*) FROM photos p WHERE p.id = u.id) = 0
     ORDER BY u.finished_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), attempts_gone AS (
    DELETE FROM attempts a USING old o WHERE a.upload_id = o.id
), gone AS (
    DELETE FROM uploads u USING old o WHERE u.id = o.id RETURNING u.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""

# What stands for a photo that was deleted, with all that was known of it.
DELETED_PHOTOS = """
WITH old AS (
    SELECT p.id FROM photos p JOIN uploads u ON u.id = p.id
     WHERE p.deleted_at < now() - interval '90 days'
       AND coalesce((SELECT bool_and(a.state = 'reaped' AND a.condemned_at < now() - interval '30 days')
                       FROM attempts a WHERE a.upload_id = p.id), true)
     ORDER BY p.deleted_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), stops AS (
    UPDATE hunt_progress s SET previous_photo_id = NULL FROM old o WHERE s.previous_photo_id = o.id
), stages_gone AS (
    DELETE FROM stages s USING old o WHERE s.photo_id = o.id
), embeddings_gone AS (
    DELETE FROM embeddings e USING old o WHERE e.photo_id = o.id
), photos_gone AS (
    DELETE FROM photos p USING old o WHERE p.id = o.id
), attempts_gone AS (
    DELETE FROM attempts a USING old o WHERE a.upload_id = o.id
), gone AS (
    DELETE FROM uploads u USING old o WHERE u.id = o.id RETURNING u.id
)
SELECT count(*)::int AS gone, CASE WHEN count(*) = %(limit)s THEN '' END AS onward FROM gone
"""
