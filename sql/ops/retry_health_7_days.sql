-- How often did trying again help in the last 7 days, by who asked for it?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT r.source, count(*) AS runs, sum(r.attempted) AS total_attempted, sum(r.success) AS total_success,
       sum(r.failed) AS total_failed,
       round(100.0 * sum(r.success) / nullif(sum(r.attempted), 0), 2) AS success_rate_percent
  FROM retry_logs r
 WHERE (r.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND r.created_at >= now() - interval '7 days'
 GROUP BY r.source
 ORDER BY total_attempted DESC, r.source;
