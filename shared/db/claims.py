"""The claim: one question that authorises, limits, records the intention and allots the attempt."""

# Read it downwards. `asked` is what the client wants; `member` and `allowed` are who it is and what it may
# touch; `known` is what it asked before; `bucket` takes one rate token, but only for new work; `claimed`
# inserts the upload or locks it; `attempt` is the try that this caller now owns. Repeating the whole
# question with the same lease token changes nothing and gives the same answer.
CLAIM = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS i (
        n int, id uuid, attempt_id uuid, idem_key text, fingerprint text,
        project_id uuid, team_id uuid, location_id uuid, venue_id uuid,
        file_name text, size bigint, mime text, sha256 text, details jsonb)
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
), wanted AS (
    SELECT a.* FROM allowed a
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.n = a.n AND k.state <> 'open')
), bucket AS (
    INSERT INTO rate_buckets AS b (key, tokens, refilled_at, granted)
    SELECT %(bucket)s::text, %(capacity)s::float8 - 1, now(), true WHERE EXISTS (SELECT FROM wanted)
    ON CONFLICT (key) DO UPDATE SET
        granted = least(%(capacity)s, b.tokens
                  + %(per_second)s * greatest(0, extract(epoch FROM now() - b.refilled_at))) >= 1,
        tokens = (SELECT level - (level >= 1)::int FROM (SELECT least(%(capacity)s, b.tokens
                  + %(per_second)s * greatest(0, extract(epoch FROM now() - b.refilled_at))) AS level) now_there),
        refilled_at = greatest(b.refilled_at, now())
    RETURNING granted, tokens
), claimed AS (
    INSERT INTO uploads AS u (
        id, org_id, actor_id, door, idem_key, fingerprint, project_id, team_id, location_id, venue_id,
        store, file_name, size, mime, sha256, details, lease_until, lease_token)
    SELECT w.id, %(org_id)s::uuid, %(actor_id)s::text, %(door)s::text, w.idem_key, decode(w.fingerprint, 'hex'),
           w.project_id, w.team_id, w.location_id, w.venue_id,
           w.target_store, w.file_name, w.size, w.mime, decode(w.sha256, 'hex'),
           coalesce(w.details, '{}'), now() + %(lease)s * interval '1 second', %(lease_token)s::uuid
      FROM wanted w
     WHERE (SELECT granted FROM bucket)
    ON CONFLICT ON CONSTRAINT uploads_one_per_key DO UPDATE SET
        (attempt_no, lease_until, lease_token, next_retry_at, updated_at) = (
            SELECT u.attempt_no + go::int,
                   CASE WHEN go THEN excluded.lease_until ELSE u.lease_until END,
                   CASE WHEN go THEN excluded.lease_token ELSE u.lease_token END,
                   CASE WHEN go THEN NULL ELSE u.next_retry_at END,
                   CASE WHEN go THEN now() ELSE u.updated_at END
              FROM (SELECT u.state = 'open' AND u.fingerprint = excluded.fingerprint
                       AND u.lease_token <> excluded.lease_token
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
            WHEN c.id IS NULL THEN 'limited'
            ELSE 'in_progress' END AS verdict,
       coalesce(c.id, k.id) AS upload_id, t.id AS attempt_id, t.attempt_no, t.object_name, t.store,
       coalesce(c.store, k.store) AS target_store,
       coalesce(c.resp_status, k.resp_status) AS resp_status,
       coalesce(c.resp_body, k.resp_body) AS resp_body,
       ceil(greatest(1, extract(epoch FROM coalesce(c.lease_until, k.lease_until) - now())))::int AS lease_left,
       coalesce(c.parked_key, k.parked_key) IS NOT NULL AS parked,
       json_build_object('row', (SELECT row_to_json(b) FROM breakers b
                                  WHERE b.name = 'store:' || t.store)) AS breaker,
       (SELECT tokens FROM bucket) AS tokens
  FROM asked a
  LEFT JOIN claimed c ON c.idem_key = a.idem_key
  LEFT JOIN attempt t ON t.upload_id = c.id
  LEFT JOIN known k ON k.n = a.n
 ORDER BY a.n
"""
