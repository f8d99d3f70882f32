-- Whose uploads had to be tried again most in the last 30 days?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT u.org_id, u.actor_id, sum(u.tries) AS retries, count(*) AS uploads_retried,
       count(*) FILTER (WHERE u.state = 'committed') AS recovered,
       count(*) FILTER (WHERE u.state = 'failed') AS failed,
       count(*) FILTER (WHERE u.state = 'open') AS still_tried, max(u.updated_at) AS last_at
  FROM uploads u
 WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.tries > 0 AND u.created_at >= now() - interval '30 days'
 GROUP BY u.org_id, u.actor_id
 ORDER BY retries DESC, u.org_id, u.actor_id;
