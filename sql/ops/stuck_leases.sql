-- Which uploads has somebody begun, and not come back to?
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
SELECT u.id AS upload_id, u.door, u.store, u.actor_id, u.lease_until,
       extract(epoch FROM now() - u.lease_until)::bigint AS overdue_seconds,
       u.parked_key IS NOT NULL AS parked, u.tries, u.failure_type, u.failure_detail
  FROM uploads u
 WHERE (u.org_id = '00000000-0000-0000-0000-000000000000' OR true) AND u.state = 'open' AND u.lease_until < now() - interval '5 minutes'
 ORDER BY u.lease_until, u.id;
