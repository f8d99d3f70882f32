"""What may happen to a photo once it is stored: it moves on to its next status, or it is deleted."""

# Uploads before attempts before photos, in the line of everybody who completes the same target: the commit's own
# order. `lost` leaves the tombstone, and in the same breath `condemned` gives up the attempt that nobody points at
# any more; `stop` is not done without its photo. `answered` is what every upload that ended in this photo says
# from now on, because a replay must not promise what is gone. Asked again, it finds the tombstone.
DELETE_PHOTO = """
WITH held AS (
    SELECT p.id, p.org_id, p.project_id, p.team_id, p.location_id, p.attempt_id
      FROM memberships m
      JOIN photos p ON p.org_id = m.org_id
      JOIN uploads u ON u.id = p.id
      JOIN attempts a ON a.id = p.attempt_id
     WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
       AND m.role = ANY (%(writers)s) AND p.id = %(photo_id)s AND p.deleted_at IS NULL
       FOR UPDATE OF u, a, p
), lost AS (
    UPDATE photos p SET attempt_id = NULL, deleted_at = now() FROM held h WHERE p.id = h.id
    RETURNING p.id, p.org_id, p.project_id, p.deleted_at
), condemned AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now()
      FROM held h WHERE a.id = h.attempt_id AND a.state = 'committed'
), stop AS (
    UPDATE hunt_progress s
       SET previous_photo_id = h.id, photo_id = NULL, photo_url = NULL, done = false, completed_at = NULL,
           updated_at = now()
      FROM held h WHERE s.team_id = h.team_id AND s.location_id = h.location_id AND s.photo_id = h.id
), answered AS (
    UPDATE uploads u SET resp_status = %(resp_status)s::int, resp_body = %(resp_body)s::json, updated_at = now()
      FROM held h WHERE u.photo_id = h.id
), told AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT l.org_id, 'photo.deleted', jsonb_build_object(
               'photo_id', l.id, 'org_id', l.org_id, 'project_id', l.project_id,
               'deleted_at', to_char(l.deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
      FROM lost l
)
SELECT deleted_at FROM lost
 UNION ALL
SELECT deleted_at FROM photos WHERE id = %(photo_id)s AND org_id = %(org_id)s AND deleted_at IS NOT NULL
"""

# The row is locked first: whoever comes second sees where the first one left it.
MOVE_PHOTO = """
WITH held AS (
    SELECT p.id, p.status, p.uploaded_at, p.processing_at, p.completed_at, p.failed_at
      FROM memberships m JOIN photos p ON p.org_id = m.org_id
     WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
       AND m.role = 'service' AND p.id = %(photo_id)s AND p.deleted_at IS NULL
       FOR UPDATE OF p
), moved AS (
    UPDATE photos p
       SET status = %(status)s::text,
           processing_at = CASE WHEN %(status)s::text = 'processing' THEN now() ELSE p.processing_at END,
           completed_at = CASE WHEN %(status)s::text = 'completed' THEN now() ELSE p.completed_at END,
           failed_at = CASE WHEN %(status)s::text IN ('failed', 'permanently_failed') THEN now() ELSE p.failed_at END
      FROM held h WHERE p.id = h.id AND h.status = ANY (%(before)s::text[])
    RETURNING p.id, p.org_id, p.project_id, p.status
), told AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT m.org_id, CASE m.status WHEN 'completed' THEN 'photo.completed' ELSE 'photo.failed' END,
           jsonb_build_object('photo_id', m.id, 'org_id', m.org_id, 'project_id', m.project_id, 'status', m.status,
                              'detail', %(detail)s::text)
      FROM moved m WHERE m.status <> 'processing'
)
SELECT coalesce(m.status, h.status) AS status,
       CASE WHEN m.id IS NOT NULL THEN now()
            WHEN h.status = 'uploaded' THEN h.uploaded_at
            WHEN h.status = 'processing' THEN h.processing_at
            WHEN h.status = 'completed' THEN h.completed_at
            ELSE h.failed_at END AS since
  FROM held h LEFT JOIN moved m ON m.id = h.id
"""

SUCCESSOR = "SELECT replaced_by FROM photos WHERE id = %(photo_id)s AND org_id = %(org_id)s"
