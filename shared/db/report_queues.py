"""What an organisation's admins ask of what works behind uploads: what waits, what is stuck, what an audit found."""

OLDEST_QUEUE_ITEMS = """
WITH news AS (
    SELECT 'outbox' AS queue, o.id::text AS item, o.topic AS what, o.created_at, o.available_at AS due_at, o.tries,
           o.last_error
      FROM outbox o
     WHERE o.org_id = %(org_id)s AND o.published_at IS NULL AND o.dead_at IS NULL
     ORDER BY o.available_at, o.id LIMIT 20
), work AS (
    SELECT 'stages', s.photo_id::text, s.stage, s.created_at, s.due_at, s.tries, s.error
      FROM stages s
     WHERE s.org_id = %(org_id)s AND s.state = 'due'
     ORDER BY s.due_at, s.photo_id LIMIT 20
), told AS (
    SELECT 'deliveries', d.id::text, d.topic, d.created_at, d.due_at, d.tries, d.last_error
      FROM webhooks w
     CROSS JOIN LATERAL (SELECT * FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'due'
                          ORDER BY d.due_at LIMIT 20) d
     WHERE w.org_id = %(org_id)s
     ORDER BY d.due_at, d.id LIMIT 20
)
SELECT q.queue, q.item, q.what, q.created_at, extract(epoch FROM now() - q.created_at)::bigint AS age_seconds,
       q.due_at, q.tries, q.last_error
  FROM (SELECT * FROM news UNION ALL SELECT * FROM work UNION ALL SELECT * FROM told) q
 ORDER BY q.created_at, q.queue, q.item
"""

# Three tries are over in a few minutes; what is dead waits for a person.
STUCK_MESSAGES = """
SELECT m.id, m.topic, m.standing, m.tries, m.created_at, m.available_at, m.dead_at, m.last_error, m.event_id
  FROM (SELECT o.*, 'tried often' AS standing FROM outbox o
         WHERE o.org_id = %(org_id)s AND o.published_at IS NULL AND o.dead_at IS NULL AND o.tries >= 3
         UNION ALL
        SELECT o.*, 'dead' FROM outbox o WHERE o.org_id = %(org_id)s AND o.dead_at IS NOT NULL) m
 ORDER BY m.created_at, m.id
"""

# What nobody has a row for belongs to the organisation that its name says.
ORPHAN_HISTORY = """
SELECT a.began_at, a.source, a.state, a.ended_at,
       count(*) FILTER (WHERE f.kind = 'orphan') AS orphans,
       count(*) FILTER (WHERE f.kind = 'missing') AS missing,
       count(*) FILTER (WHERE f.kind = 'extra_version') AS extra_versions,
       count(*) FILTER (WHERE f.kind = 'condemned_there') AS condemned_there,
       count(*) FILTER (WHERE f.audit_id IS NOT NULL AND f.settled_at IS NULL) AS unsettled
  FROM audits a
  LEFT JOIN audit_findings f ON f.audit_id = a.id AND f.owner = %(org_id)s::text
 WHERE a.began_at >= now() - interval '90 days'
 GROUP BY a.id, a.began_at, a.source, a.state, a.ended_at
 ORDER BY a.began_at DESC
"""
