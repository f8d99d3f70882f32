"""Which photos an organisation has, page by page, newest first; and what is still on its way to be one."""

from shared.db.photo_rows import _JOINS, _UPLOAD

# Read it downwards. `stored` and `waiting` each read no more than one page, newest first, from where the page before
# ended; the `page` is the newest of both. A parameter that is null filters nothing. Like the question for one
# photo, it answers one row to every member, and none to anybody else.
_NEWEST = """
WITH stored AS (
    SELECT p.id, p.uploaded_at AS at FROM photos p
     WHERE p.org_id = %(org_id)s AND p.deleted_at IS NULL
       AND (%(project_id)s::uuid IS NULL OR p.project_id = %(project_id)s::uuid)
       AND (%(team_id)s::uuid IS NULL OR p.team_id = %(team_id)s::uuid)
       AND (%(location_id)s::uuid IS NULL OR p.location_id = %(location_id)s::uuid)
       AND (%(venue_id)s::uuid IS NULL OR p.venue_id = %(venue_id)s::uuid)
       AND (%(status)s::text IS NULL OR p.status = %(status)s::text)
       AND p.uploaded_at >= coalesce(%(since)s::timestamptz, '-infinity')
       AND p.uploaded_at < coalesce(%(until)s::timestamptz, 'infinity')
       AND (p.uploaded_at, p.id) < (coalesce(%(after_at)s::timestamptz, 'infinity'),
                                    coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY p.uploaded_at DESC, p.id DESC LIMIT %(limit)s
), waiting AS (
    SELECT u.id, u.created_at AS at FROM uploads u
     WHERE u.org_id = %(org_id)s AND u.photo_id IS NULL
       AND (%(project_id)s::uuid IS NULL OR u.project_id = %(project_id)s::uuid)
       AND (%(team_id)s::uuid IS NULL OR u.team_id = %(team_id)s::uuid)
       AND (%(location_id)s::uuid IS NULL OR u.location_id = %(location_id)s::uuid)
       AND (%(venue_id)s::uuid IS NULL OR u.venue_id = %(venue_id)s::uuid)
       AND (%(status)s::text IS NULL
            OR CASE WHEN u.state = 'failed' THEN 'permanently_failed'
                    WHEN u.failure_class IS NOT NULL AND u.parked_key IS NULL THEN 'failed'
                    ELSE 'pending_upload' END = %(status)s::text)
       AND u.created_at >= coalesce(%(since)s::timestamptz, '-infinity')
       AND u.created_at < coalesce(%(until)s::timestamptz, 'infinity')
       AND (u.created_at, u.id) < (coalesce(%(after_at)s::timestamptz, 'infinity'),
                                   coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY u.created_at DESC, u.id DESC LIMIT %(limit)s
), page AS (
    SELECT id, at FROM (SELECT * FROM stored UNION ALL SELECT * FROM waiting) found
     ORDER BY at DESC, id DESC LIMIT %(limit)s
)
"""
PAGE = (
    _NEWEST
    + "SELECT m.role,"
    + _UPLOAD
    + "FROM memberships m LEFT JOIN page g ON true LEFT JOIN uploads u ON u.id = g.id"
    + _JOINS
    + """
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
 ORDER BY g.at DESC, g.id DESC
"""
)
