"""What the ledger is asked about the images of a venue."""

# One row even when there is nothing to tell: it says whether the question was allowed at all.
KNOWN = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), venue AS (
    SELECT id FROM venues WHERE id = %(venue_id)s AND org_id = %(org_id)s AND deleted_at IS NULL
), asked AS (
    SELECT provider_url FROM unnest(%(urls)s::text[]) provider_url
     WHERE EXISTS (SELECT FROM venue) AND EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s))
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s)) THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM venue) THEN 'no_target'
            ELSE 'go' END AS verdict,
       a.provider_url, u.id AS upload_id, u.actor_id, u.idem_key, u.state, u.parked_key IS NOT NULL AS parked,
       u.failure_class, u.failure_type, u.failure_detail, u.tries, u.most_tries,
       p.id AS photo_id, p.quality_score, coalesce(p.fetched_at, p.uploaded_at) AS fetched_at,
       t.store, t.object_name, t.version, t.provider_ref
  FROM (SELECT) one
  LEFT JOIN asked a ON true
  LEFT JOIN LATERAL (
       SELECT * FROM uploads n WHERE n.venue_id = %(venue_id)s AND n.provider_url = a.provider_url
        ORDER BY n.seq DESC LIMIT 1) u ON true
  LEFT JOIN photos p ON p.venue_id = %(venue_id)s AND p.provider_url = a.provider_url AND p.deleted_at IS NULL
  LEFT JOIN attempts t ON t.id = p.attempt_id
"""

# Read it downwards. `found` is what was not stored and nobody is at, the longest waiting first; of what is parked we
# have the bytes, and need not fetch it. `bucket` takes one rate token if there is anything to do. `held` and
# `attempt` claim it, whoever it is of: a member may finish what another one began.
AGAIN = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), venue AS (
    SELECT id FROM venues WHERE id = %(venue_id)s AND org_id = %(org_id)s AND deleted_at IS NULL
), found AS (
    SELECT u.id FROM uploads u
     WHERE u.venue_id = (SELECT id FROM venue) AND EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s))
       AND u.door = 'import' AND u.state = 'open' AND u.parked_key IS NULL
       AND coalesce(u.lease_until <= now(), true)
       AND (%(providers)s::text[] IS NULL OR u.provider = ANY (%(providers)s::text[]))
     ORDER BY u.created_at LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), bucket AS (
    INSERT INTO rate_buckets AS b (key, tokens, refilled_at, granted)
    SELECT %(bucket)s::text, %(capacity)s::float8 - 1, now(), true WHERE EXISTS (SELECT FROM found)
    ON CONFLICT (key) DO UPDATE SET
        (granted, tokens, refilled_at) = (
            SELECT level >= 1, level - (level >= 1)::int, greatest(b.refilled_at, now())
              FROM tokens_in(b, %(capacity)s::float8, %(per_second)s::float8) level)
    RETURNING granted, tokens
), held AS (
    UPDATE uploads u
       SET attempt_no = u.attempt_no + 1, next_retry_at = NULL, updated_at = now(),
           lease_until = now() + %(lease)s * interval '1 second', lease_token = %(lease_token)s
      FROM found f, bucket b WHERE u.id = f.id AND b.granted
    RETURNING u.*
), attempt AS (
    INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after)
    SELECT gen_random_uuid(), h.id, h.attempt_no, h.store,
           format('%%s/%%s/%%s/%%s', %(stage)s::text, h.org_id, h.id, h.attempt_no),
           now() + %(reap_after)s * interval '1 second'
      FROM held h
    RETURNING *
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s)) THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM venue) THEN 'no_target'
            WHEN EXISTS (SELECT FROM bucket WHERE NOT granted) THEN 'limited'
            ELSE 'go' END AS verdict,
       (SELECT tokens FROM bucket) AS tokens,
       h.id AS upload_id, h.org_id, h.actor_id, h.idem_key, h.venue_id, h.file_name, h.details, h.provider,
       h.provider_url, h.quality_score, h.fetched_at, h.tries, h.most_tries, h.store AS target_store,
       a.id AS attempt_id, a.attempt_no, a.store, a.object_name
  FROM (SELECT) one
  LEFT JOIN (held h JOIN attempt a ON a.upload_id = h.id) ON true
 ORDER BY h.seq
"""

# What was tried as often as the schedule may, and has no other upload and no photo since.
SPENT = """
SELECT u.provider, u.provider_url, u.quality_score, u.fetched_at, u.file_name
  FROM venue_image_states s JOIN uploads u ON u.id = s.upload_id
 WHERE s.venue_id = %(venue_id)s AND s.upload_status = 'permanently_failed'
   AND u.door = 'import' AND u.resp_body->>'code' = 'max_retries_exceeded'
   AND (%(providers)s::text[] IS NULL OR u.provider = ANY (%(providers)s::text[]))
 ORDER BY u.created_at LIMIT %(limit)s
"""

# Whoever claimed it last gives it back before the end of the lease: its try goes, and the schedule comes for it.
PUT_OFF = """
WITH held AS (
    SELECT id, parked_key FROM uploads
     WHERE id = ANY (%(upload_ids)s) AND state = 'open' AND lease_token = %(lease_token)s
     ORDER BY id FOR UPDATE
), gone AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now(), last_error = 'put off'
      FROM held h
     WHERE a.upload_id = h.id AND a.state = 'intent' AND a.object_name IS DISTINCT FROM h.parked_key
)
UPDATE uploads u
   SET lease_until = NULL, updated_at = now(), next_retry_at = now() + %(seconds)s::float8 * interval '1 second'
  FROM held h WHERE u.id = h.id
"""

# From where the page before ended, newest first; as above, one row even for an empty one.
PAGE_OF_IMAGES = """
WITH member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), venue AS (
    SELECT id FROM venues WHERE id = %(venue_id)s AND org_id = %(org_id)s AND deleted_at IS NULL
), page AS (
    SELECT s.* FROM venue_image_states s
     WHERE s.venue_id = (SELECT id FROM venue) AND EXISTS (SELECT FROM member)
       AND (%(status)s::text IS NULL OR s.upload_status = %(status)s::text)
       AND (s.created_at, s.upload_id) < (coalesce(%(after_at)s::timestamptz, 'infinity'),
                                          coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY s.created_at DESC, s.upload_id DESC LIMIT %(limit)s
)
SELECT CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM venue) THEN 'no_target'
            ELSE 'go' END AS verdict, g.*
  FROM (SELECT) one LEFT JOIN page g ON true
 ORDER BY g.created_at DESC, g.upload_id DESC
"""
