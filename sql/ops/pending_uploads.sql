-- Which uploads are not finished, the oldest first, and what do they wait for?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT u.id AS upload_id, u.created_at, extract(epoch FROM now() - u.created_at)::bigint AS waiting_seconds,
       u.door, u.store, u.actor_id, u.file_name,
       CASE WHEN u.lease_until > now() THEN 'held' WHEN u.parked_key IS NOT NULL THEN 'parked'
            WHEN u.next_retry_at IS NOT NULL THEN 'retried' ELSE 'left by its client' END AS standing,
       u.tries, u.next_retry_at, u.failure_class, u.failure_type
  FROM uploads u
 WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.photo_id IS NULL AND u.state = 'open'
 ORDER BY u.created_at, u.id;
