-- Which news was tried often, or is dead and waits for a person?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT m.id, m.topic, m.standing, m.tries, m.created_at, m.available_at, m.dead_at, m.last_error, m.event_id
  FROM (SELECT o.*, 'tried often' AS standing FROM outbox o
         WHERE (o.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND o.published_at IS NULL AND o.dead_at IS NULL AND o.tries >= 3
         UNION ALL
        SELECT o.*, 'dead' FROM outbox o WHERE (o.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND o.dead_at IS NOT NULL) m
 ORDER BY m.created_at, m.id;
