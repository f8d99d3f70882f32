-- What has waited longest to be told, to be processed, or to be delivered?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
WITH news AS (
    SELECT 'outbox' AS queue, o.id::text AS item, o.topic AS what, o.created_at, o.available_at AS due_at, o.tries,
           o.last_error
      FROM outbox o
     WHERE (o.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND o.published_at IS NULL AND o.dead_at IS NULL
     ORDER BY o.available_at, o.id LIMIT 20
), work AS (
    SELECT 'stages', s.photo_id::text, s.stage, s.created_at, s.due_at, s.tries, s.error
      FROM stages s
     WHERE (s.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND s.state = 'due'
     ORDER BY s.due_at, s.photo_id LIMIT 20
), told AS (
    SELECT 'deliveries', d.id::text, d.topic, d.created_at, d.due_at, d.tries, d.last_error
      FROM webhooks w
     CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'due'
                          ORDER BY d.due_at LIMIT 20) d
     WHERE (w.org_id = '00000000-0000-0000-0000-000000000000' OR true)
     ORDER BY d.due_at, d.id LIMIT 20
)
SELECT q.queue, q.item, q.what, q.created_at, extract(epoch FROM now() - q.created_at)::bigint AS age_seconds,
       q.due_at, q.tries, q.last_error
  FROM (SELECT * FROM news UNION ALL SELECT * FROM work UNION ALL SELECT * FROM told) q
 ORDER BY q.created_at, q.queue, q.item;
