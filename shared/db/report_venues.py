"""What an organisation's admins ask of imported images: whose failed, who comes first, how each import went."""

PARTIAL_SUCCESSES = """
SELECT c.*, round(100.0 * c.failed / c.images, 1) AS failure_rate_pct
  FROM (SELECT v.id AS venue_id, v.name, count(*) AS images,
               count(*) FILTER (WHERE s.upload_status = 'uploaded') AS uploaded,
               count(*) FILTER (WHERE s.upload_status IN ('failed', 'permanently_failed')) AS failed,
               count(*) FILTER (WHERE s.upload_status = 'permanently_failed') AS permanently_failed
          FROM venues v JOIN venue_image_states s ON s.venue_id = v.id
         WHERE v.org_id = %(org_id)s AND v.deleted_at IS NULL
         GROUP BY v.id, v.name) c
 WHERE c.uploaded > 0 AND c.failed > 0
 ORDER BY failure_rate_pct DESC, c.failed DESC, c.name, c.venue_id
"""

# A venue's activity is how many images anybody ever wanted to have in it.
VENUES_BY_PRIORITY = """
SELECT c.venue_id, c.name, c.images, c.failed, c.transient, a.activity,
       round(100.0 * c.failed / c.images, 1) AS failure_rate_pct,
       round(c.failed * 10 + 100.0 * c.failed / c.images + CASE WHEN c.transient > 0 THEN 20 ELSE 0 END
             + a.activity / 100.0, 1) AS priority
  FROM (SELECT v.id AS venue_id, v.name, count(*) AS images,
               count(*) FILTER (WHERE s.upload_status IN ('failed', 'permanently_failed')) AS failed,
               count(*) FILTER (WHERE s.error_details->>'class' = 'transient') AS transient
          FROM venues v JOIN venue_image_states s ON s.venue_id = v.id
         WHERE v.org_id = %(org_id)s AND v.deleted_at IS NULL
         GROUP BY v.id, v.name) c
 CROSS JOIN LATERAL (SELECT count(*) AS activity FROM uploads u WHERE u.venue_id = c.venue_id) a
 WHERE c.failed > 0
 ORDER BY priority DESC, c.name, c.venue_id
"""

# One import is what one member claimed for one venue in one transaction; what was there already is not in it.
IMPORT_JOBS_7_DAYS = """
WITH images AS (
    SELECT v.id AS venue_id, v.name, u.actor_id, u.created_at, u.finished_at, u.state, u.failure_class,
           coalesce(u.failure_type, 'unknown') AS failure_type
      FROM venues v
     CROSS JOIN LATERAL (SELECT * FROM uploads u
                          WHERE u.venue_id = v.id AND u.created_at >= now() - interval '7 days'
                            AND u.door = 'import') u
     WHERE v.org_id = %(org_id)s
), jobs AS (
    SELECT i.venue_id, i.name, i.actor_id, i.created_at AS started_at,
           CASE WHEN bool_and(i.state <> 'open') THEN max(i.finished_at) END AS completed_at,
           count(*) AS images_discovered, count(*) FILTER (WHERE i.state = 'committed') AS images_uploaded,
           count(*) FILTER (WHERE i.state <> 'committed' AND i.failure_class IS NOT NULL) AS images_failed
      FROM images i GROUP BY 1, 2, 3, 4
), kinds AS (
    SELECT k.venue_id, k.actor_id, k.created_at, jsonb_object_agg(k.failure_type, k.n) AS failure_breakdown
      FROM (SELECT i.venue_id, i.actor_id, i.created_at, i.failure_type, count(*) AS n FROM images i
             WHERE i.state <> 'committed' AND i.failure_class IS NOT NULL GROUP BY 1, 2, 3, 4) k
     GROUP BY 1, 2, 3
)
SELECT j.venue_id, j.name, j.actor_id, j.started_at, j.completed_at, j.images_discovered, j.images_uploaded,
       j.images_failed, coalesce(k.failure_breakdown, '{}') AS failure_breakdown
  FROM jobs j
  LEFT JOIN kinds k ON (k.venue_id, k.actor_id, k.created_at) = (j.venue_id, j.actor_id, j.started_at)
 ORDER BY (j.images_failed > 0) DESC, j.completed_at DESC NULLS FIRST, j.started_at DESC, j.venue_id
"""
