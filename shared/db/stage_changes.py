"""What becomes of a photo when a stage of it ends: the questions that only the holder of its lease may ask."""

# Who lost the lease changes nothing: the photo was deleted, has other bytes by now, or another worker took over.
# The detection service of an organisation that has one says itself when its photos are completed. Asked again, it
# finds its own token on what is done, and is told the same.
PROCESSED = """
WITH held AS (
    SELECT p.id, p.org_id, p.status, o.detection_types = '{}' AS completes
      FROM photos p JOIN stages s ON s.photo_id = p.id JOIN organizations o ON o.id = p.org_id
     WHERE p.id = %(photo_id)s AND p.attempt_id = %(attempt_id)s
       AND s.stage = 'process' AND s.state = 'due' AND s.lease_token = %(lease_token)s
       FOR NO KEY UPDATE OF p, s
), done AS (
    UPDATE stages s
       SET state = 'done', due_at = NULL, ended_at = now(), lease_until = NULL, made_by = %(made_by)s::text,
           error_class = NULL, error_type = NULL, error = NULL
      FROM held h WHERE s.photo_id = h.id AND s.stage = 'process'
), next AS (
    INSERT INTO stages AS s (photo_id, stage, org_id, state, due_at, ended_at, error_type)
    SELECT h.id, 'embed', h.org_id, CASE WHEN %(embeds)s::bool THEN 'due' ELSE 'stopped' END,
           CASE WHEN %(embeds)s::bool THEN now() END, CASE WHEN NOT %(embeds)s::bool THEN now() END,
           CASE WHEN NOT %(embeds)s::bool THEN 'embedding_off' END
      FROM held h
    ON CONFLICT (photo_id, stage) DO UPDATE
       SET state = excluded.state, due_at = excluded.due_at, hint_at = excluded.hint_at,
           ended_at = excluded.ended_at, tries = 0, lease_until = NULL, lease_token = NULL,
           error_class = NULL, error_type = excluded.error_type, error = NULL
), moved AS (
    UPDATE photos p
       SET width = %(width)s::int, height = %(height)s::int, exif = p.exif || %(exif)s::jsonb,
           exif_warnings = ARRAY(SELECT DISTINCT w FROM unnest(p.exif_warnings || %(warnings)s::text[]) w ORDER BY w),
           placeholder = %(placeholder)s::text, animated = %(animated)s::bool, renditions = %(renditions)s::jsonb,
           stage = CASE WHEN %(embeds)s::bool THEN 'embedding' ELSE 'ready' END,
           status = CASE WHEN f.ends THEN 'completed' ELSE p.status END,
           completed_at = CASE WHEN f.ends THEN now() ELSE p.completed_at END
      FROM held h
     CROSS JOIN LATERAL (SELECT h.completes AND h.status IN ('uploaded', 'processing', 'failed') AS ends) f
     WHERE p.id = h.id
    RETURNING p.id, p.org_id, p.project_id, p.status, p.renditions, f.ends
), told AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT m.org_id, 'photo.completed', jsonb_build_object(
               'photo_id', m.id, 'org_id', m.org_id, 'project_id', m.project_id, 'status', m.status,
               'display', m.renditions->'display'->'name', 'thumb', m.renditions->'thumb'->'name')
      FROM moved m WHERE m.ends
)
SELECT id FROM moved
 UNION ALL
SELECT photo_id FROM stages
 WHERE photo_id = %(photo_id)s AND stage = 'process' AND state = 'done' AND lease_token = %(lease_token)s
"""

EMBEDDED = """
WITH held AS (
    SELECT p.id, p.org_id, p.stage AS photo_stage
      FROM photos p JOIN stages s ON s.photo_id = p.id
     WHERE p.id = %(photo_id)s AND p.attempt_id = %(attempt_id)s
       AND s.stage = 'embed' AND s.state = 'due' AND s.lease_token = %(lease_token)s
       FOR NO KEY UPDATE OF p, s
), kept AS (
    INSERT INTO embeddings (photo_id, org_id, model, embedding)
    SELECT h.id, h.org_id, %(model)s::text, %(embedding)s::vector FROM held h
    ON CONFLICT (photo_id) DO UPDATE
       SET model = excluded.model, embedding = excluded.embedding, made_at = excluded.made_at
), done AS (
    UPDATE stages s
       SET state = 'done', due_at = NULL, ended_at = now(), lease_until = NULL, made_by = %(model)s::text,
           error_class = NULL, error_type = NULL, error = NULL
      FROM held h WHERE s.photo_id = h.id AND s.stage = 'embed'
    RETURNING s.photo_id
), moved AS (
    UPDATE photos p SET stage = 'ready' FROM held h WHERE p.id = h.id AND h.photo_stage <> 'ready'
)
SELECT photo_id FROM done
 UNION ALL
SELECT photo_id FROM stages
 WHERE photo_id = %(photo_id)s AND stage = 'embed' AND state = 'done' AND lease_token = %(lease_token)s
"""

# Due again, or over. A photo without its renditions has failed; one that only cannot be searched stays completed,
# and what another model once knew of it is forgotten: nobody will ever replace it.
SET_BACK = """
WITH held AS (
    SELECT p.id, p.status FROM photos p JOIN stages s ON s.photo_id = p.id
     WHERE p.id = %(photo_id)s AND p.attempt_id = %(attempt_id)s
       AND s.stage = %(stage)s AND s.state = 'due' AND s.lease_token = %(lease_token)s
       FOR NO KEY UPDATE OF p, s
), ended AS (
    UPDATE stages s
       SET state = CASE WHEN %(over)s::bool THEN 'failed' ELSE 'due' END,
           due_at = CASE WHEN NOT %(over)s::bool THEN now() + %(retry_in)s::float8 * interval '1 second' END,
           hint_at = now() + %(retry_in)s::float8 * interval '1 second',
           ended_at = CASE WHEN %(over)s::bool THEN now() END,
           lease_until = NULL, lease_token = NULL, tries = greatest(0, s.tries - (NOT %(spent)s::bool)::int),
           error_class = %(error_class)s::text, error_type = %(error_type)s::text, error = %(error)s::text
      FROM held h WHERE s.photo_id = h.id AND s.stage = %(stage)s
    RETURNING s.photo_id
), forgotten AS (
    DELETE FROM embeddings e USING held h
     WHERE e.photo_id = h.id AND %(over)s::bool AND %(stage)s = 'embed' AND e.model <> %(model)s::text
), moved AS (
    UPDATE photos p
       SET stage = 'failed', status = CASE WHEN f.fails THEN 'permanently_failed' ELSE p.status END,
           failed_at = CASE WHEN f.fails THEN now() ELSE p.failed_at END
      FROM held h
     CROSS JOIN LATERAL (SELECT %(stage)s = 'process' AND h.status IN ('uploaded', 'processing', 'failed') AS fails) f
     WHERE p.id = h.id AND %(over)s::bool
    RETURNING p.id, p.org_id, p.project_id, p.status, f.fails
), told AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT m.org_id, 'photo.failed', jsonb_build_object(
               'photo_id', m.id, 'org_id', m.org_id, 'project_id', m.project_id, 'status', m.status,
               'error_type', %(error_type)s::text, 'detail', %(error)s::text)
      FROM moved m WHERE m.fails
)
SELECT photo_id FROM ended
"""
