-- How did each import of the last 7 days go?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
WITH images AS (
    SELECT v.id AS venue_id, v.name, u.actor_id, u.created_at, u.finished_at, u.state, u.failure_class,
           coalesce(u.failure_type, 'unknown') AS failure_type
      FROM venues v
     CROSS JOIN LATERAL (SELECT * FROM uploads u
                          WHERE u.venue_id = v.id AND u.created_at >= now() - interval '7 days'
                            AND u.door = 'import') u
     WHERE (v.org_id = '00000000-0000-0000-0000-000000000000' OR true)
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
 ORDER BY (j.images_failed > 0) DESC, j.completed_at DESC NULLS FIRST, j.started_at DESC, j.venue_id;
