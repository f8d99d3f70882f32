"""The claim: one question that authorises, limits, records the intention and allots the attempt."""

# Read it downwards. `asked` is what the client wants; `member` and `allowed` are who it is and what it may
# touch; `known` is what it asked before; `twin` is the photo that the project has already; `bucket` takes one
# rate token, but only for new work; `room` is what the organisation and the upload token still allow, and `spent`
# takes it (`first` locks uploads before allowances, in the order in which a commit does); `claimed` inserts the
# upload or locks it; `attempt` is the try that this caller now owns. Repeating the whole question with the same
# lease token changes nothing and gives the same answer.
CLAIM = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS i (
        n int, id uuid, attempt_id uuid, idem_key text, fingerprint text,
        project_id uuid, team_id uuid, location_id uuid, venue_id uuid,
        file_name text, size bigint, mime text, sha256 text, details jsonb,
        provider text, provider_url text, quality_score float8, fetched_at timestamptz)
), member AS (
    SELECT role FROM memberships
     WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
), allowed AS (
    SELECT a.*, coalesce(p.store, v.store, o.store) AS target_store
      FROM asked a
      JOIN member m ON m.role = ANY (%(writers)s)
      JOIN organizations o ON o.id = %(org_id)s
      LEFT JOIN projects p ON p.id = a.project_id AND p.org_id = o.id AND p.deleted_at IS NULL
      LEFT JOIN teams t ON t.id = a.team_id AND t.org_id = o.id
      LEFT JOIN locations l ON l.id = a.location_id AND l.hunt_id = t.hunt_id
      LEFT JOIN venues v ON v.id = a.venue_id AND v.org_id = o.id AND v.deleted_at IS NULL
     WHERE p.id IS NOT NULL OR l.id IS NOT NULL OR v.id IS NOT NULL
), known AS (
    SELECT a.n, u.*
      FROM allowed a
      JOIN uploads u ON u.org_id = %(org_id)s AND u.actor_id = %(actor_id)s
                    AND u.door = %(door)s AND u.idem_key = a.idem_key
), twin AS (
    SELECT a.n, p.id AS photo_id, t.id AS attempt_id, t.store, t.object_name, t.version,
           t.provider_ref->>'secure_url' AS url
      FROM allowed a
      JOIN photos p ON p.org_id = %(org_id)s AND p.project_id = a.project_id
                   AND p.sha256 = decode(a.sha256, 'hex') AND p.deleted_at IS NULL
      JOIN attempts t ON t.id = p.attempt_id
     WHERE %(spots_twins)s::bool AND t.id <> ALL (%(gone)s::uuid[])
), wanted AS (
    SELECT a.* FROM allowed a
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = a.n AND k.state <> 'open')
       AND NOT EXISTS (SELECT FROM twin w WHERE w.n = a.n)
), bucket AS (
    INSERT INTO rate_buckets AS b (key, tokens, refilled_at, granted)
    SELECT %(bucket)s::text, %(capacity)s::float8 - 1, now(), true WHERE EXISTS (SELECT FROM wanted)
    ON CONFLICT (key) DO UPDATE SET
        (granted, tokens, refilled_at) = (
            SELECT level >= 1, level - (level >= 1)::int, greatest(b.refilled_at, now())
              FROM tokens_in(b, %(capacity)s::float8, %(per_second)s::float8) level)
    RETURNING granted, tokens
), fresh AS (
    SELECT count(*) AS files, coalesce(sum(coalesce(w.size, %(largest)s)), 0) AS bytes FROM wanted w
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = w.n)
), first AS (
    SELECT u.id FROM uploads u JOIN known k ON k.id = u.id
     WHERE k.state = 'open' AND (SELECT files FROM fresh) > 0
     ORDER BY u.id FOR UPDATE OF u
), room AS (
    SELECT l.id, l.files + f.files <= coalesce(l.max_files, l.files + f.files)
             AND l.bytes + f.bytes <= coalesce(l.max_bytes, l.bytes + f.bytes)
             AND coalesce(l.expires_at > now(), true) AS fits
      FROM fresh f, (SELECT count(*) FROM first) held, allowances l
     WHERE l.id IN (%(org_id)s::uuid, %(token_id)s::uuid) AND f.files > 0
     ORDER BY l.id FOR UPDATE OF l
), enough AS (
    SELECT coalesce((SELECT granted FROM bucket), false) AS paid,
           coalesce((SELECT bool_and(fits) FROM room), true)
           AND (%(token_id)s::uuid IS NULL OR (SELECT files FROM fresh) = 0
                OR EXISTS (SELECT FROM room WHERE id = %(token_id)s::uuid)) AS fits
), spent AS (
    UPDATE allowances l SET files = l.files + f.files, bytes = l.bytes + f.bytes
      FROM fresh f, enough e, room r WHERE l.id = r.id AND e.paid AND e.fits AND f.files > 0
), claimed AS (
    INSERT INTO uploads AS u (
        id, org_id, actor_id, door, idem_key, fingerprint, project_id, team_id, location_id, venue_id,
        store, file_name, size, mime, sha256, details, provider, provider_url, quality_score, fetched_at,
        lease_until, lease_token, reserved, allowance_id)
    SELECT w.id, %(org_id)s::uuid, %(actor_id)s::text, %(door)s::text, w.idem_key, decode(w.fingerprint, 'hex'),
           w.project_id, w.team_id, w.location_id, w.venue_id,
           w.target_store, w.file_name, w.size, w.mime, decode(w.sha256, 'hex'),
           coalesce(w.details, '{}'), w.provider, w.provider_url, w.quality_score, w.fetched_at,
           now() + %(lease)s * interval '1 second', %(lease_token)s::uuid,
           coalesce(w.size, %(largest)s), %(token_id)s::uuid
      FROM wanted w, enough e
     WHERE e.paid AND e.fits
    ON CONFLICT ON CONSTRAINT uploads_one_per_key DO UPDATE SET
        (attempt_no, lease_until, lease_token, next_retry_at, updated_at) = (
            SELECT u.attempt_no + go::int,
                   CASE WHEN go THEN excluded.lease_until ELSE u.lease_until END,
                   CASE WHEN go THEN excluded.lease_token ELSE u.lease_token END,
                   CASE WHEN go THEN NULL ELSE u.next_retry_at END,
                   CASE WHEN go THEN now() ELSE u.updated_at END
              FROM (SELECT u.state = 'open' AND u.fingerprint = excluded.fingerprint
                       AND u.lease_token <> excluded.lease_token
                       AND (u.door <> 'direct' OR u.parked_key IS NULL)
                       AND (NOT %(exclusive)s OR coalesce(u.lease_until <= now(), true)) AS go) free)
    RETURNING u.*
), attempt AS (
    INSERT INTO attempts AS t (id, upload_id, attempt_no, store, object_name, reap_after)
    SELECT w.attempt_id, c.id, c.attempt_no, coalesce(%(first_store)s::text, c.store),
           format('%%s/%%s/%%s/%%s', %(stage)s::text, c.org_id, c.id, c.attempt_no),
           now() + %(reap_after)s * interval '1 second'
      FROM claimed c JOIN wanted w ON w.idem_key = c.idem_key
     WHERE c.lease_token = %(lease_token)s
    ON CONFLICT ON CONSTRAINT attempts_one_per_number DO UPDATE SET last_error = t.last_error
    RETURNING t.*
)
SELECT a.n,
       CASE WHEN NOT EXISTS (SELECT FROM member) THEN 'stranger'
            WHEN NOT EXISTS (SELECT FROM member WHERE role = ANY (%(writers)s)) THEN 'forbidden'
            WHEN NOT EXISTS (SELECT FROM allowed l WHERE l.n = a.n) THEN 'no_target'
            WHEN t.id IS NOT NULL THEN 'go'
            WHEN coalesce(c.fingerprint, k.fingerprint) <> decode(a.fingerprint, 'hex') THEN 'reused'
            WHEN coalesce(c.state, k.state) <> 'open' THEN 'replay'
            WHEN w.photo_id IS NOT NULL THEN 'duplicate'
            WHEN c.id IS NULL AND NOT e.paid THEN 'limited'
            WHEN c.id IS NULL THEN 'exhausted'
            ELSE 'in_progress' END AS verdict,
       coalesce(c.id, k.id) AS upload_id, t.id AS attempt_id, t.attempt_no, t.object_name, t.store,
       coalesce(c.store, k.store) AS target_store,
       coalesce(c.resp_status, k.resp_status) AS resp_status,
       coalesce(c.resp_body, k.resp_body) AS resp_body,
       ceil(greatest(1, extract(epoch FROM coalesce(c.lease_until, k.lease_until) - now())))::int AS lease_left,
       coalesce(c.parked_key, k.parked_key) IS NOT NULL AS parked,
       json_build_object('row', (SELECT row_to_json(b) FROM breakers b
                                  WHERE b.name = 'store:' || t.store)) AS breaker,
       (SELECT tokens FROM bucket) AS tokens,
       w.photo_id AS twin_id, w.attempt_id AS twin_attempt_id, w.store AS twin_store,
       w.object_name AS twin_object_name, w.version AS twin_version, w.url AS twin_url
  FROM asked a
 CROSS JOIN enough e
  LEFT JOIN claimed c ON c.idem_key = a.idem_key
  LEFT JOIN attempt t ON t.upload_id = c.id
  LEFT JOIN known k ON k.n = a.n
  LEFT JOIN twin w ON w.n = a.n
 ORDER BY a.n
"""
