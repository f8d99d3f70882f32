-- Of what was uploaded on each of the last 7 days, how much is stored?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
WITH days AS (
    SELECT ((now() AT TIME ZONE 'UTC')::date - n) AT TIME ZONE 'UTC' AS day FROM generate_series(0, 6) n
), ended AS (
    SELECT 'stored' AS how, p.uploaded_at AS at FROM photos p
     WHERE (p.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND p.deleted_at IS NULL AND p.uploaded_at >= (SELECT min(day) FROM days)
     UNION ALL
    SELECT 'stored', p.uploaded_at FROM photos p
     WHERE (p.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND p.uploaded_at >= (SELECT min(day) FROM days)
       AND p.deleted_at >= (SELECT min(day) FROM days)
     UNION ALL
    SELECT CASE WHEN u.failure_type = 'abandoned' THEN 'abandoned' ELSE 'failed' END, u.finished_at FROM uploads u
     WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.state = 'failed' AND u.finished_at >= (SELECT min(day) FROM days)
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
 ORDER BY c.day DESC;
