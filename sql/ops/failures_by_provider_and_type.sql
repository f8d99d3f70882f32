-- Which provider or store fails with what, and how often?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT coalesce(f.provider, f.store) AS provider, f.failure_class,
       coalesce(f.failure_type, 'unknown') AS failure_type, count(*) AS failures,
       count(*) FILTER (WHERE f.state = 'failed') AS permanently_failed,
       count(*) FILTER (WHERE f.state = 'open') AS still_tried, min(f.at) AS first_at, max(f.at) AS last_at
  FROM (SELECT u.provider, u.store, u.failure_class, u.failure_type, u.state, u.finished_at AS at FROM uploads u
         WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.state = 'failed'
         UNION ALL
        SELECT u.provider, u.store, u.failure_class, u.failure_type, u.state, u.updated_at FROM uploads u
         WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.state = 'open' AND u.failure_class IS NOT NULL) f
 GROUP BY 1, 2, 3
 ORDER BY failures DESC, provider, failure_type;
