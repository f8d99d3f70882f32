"""What an audit asks the ledger; each question changes a row once, however often it is asked."""

ROLE_OF = """
SELECT role FROM memberships WHERE org_id = %(org_id)s AND actor_id = %(actor_id)s AND revoked_at IS NULL
"""

# The one of this id comes first: asked again after it ended, it is that one, and no other begins.
START_AUDIT = """
WITH made AS (
    INSERT INTO audits (id, source) VALUES (%(id)s, %(source)s) ON CONFLICT DO NOTHING RETURNING id
)
SELECT id, 0 AS place FROM made
 UNION ALL
SELECT id, CASE WHEN id = %(id)s THEN 1 ELSE 2 END FROM audits WHERE id = %(id)s OR state = 'running'
 ORDER BY place LIMIT 1
"""

TAKE_AUDIT = """
UPDATE audits SET lease_until = now() + %(lease)s * interval '1 second', lease_token = %(lease_token)s::uuid
 WHERE state = 'running' AND (coalesce(lease_until <= now(), true) OR lease_token = %(lease_token)s::uuid)
RETURNING *, began_at < now() - %(most_days)s * interval '1 day' AS is_overdue
"""
FIND_AUDIT = """
SELECT *, began_at < now() - %(most_days)s * interval '1 day' AS is_overdue FROM audits WHERE id = %(id)s
"""

SAVE_AUDIT = """
WITH held AS (
    UPDATE audits SET cursor = %(cursor)s::jsonb, lease_until = now() + %(lease)s * interval '1 second'
     WHERE id = %(id)s AND lease_token = %(lease_token)s AND state = 'running'
    RETURNING id
), noted AS (
    INSERT INTO audit_findings (audit_id, kind, store, object_name, photo_id, org_id, facts)
    SELECT h.id, f.kind, f.store, f.object_name, f.photo_id, f.org_id, f.facts
      FROM held h, jsonb_to_recordset(%(findings)s::jsonb) AS f (
               kind text, store text, object_name text, photo_id uuid, org_id uuid, facts jsonb)
    ON CONFLICT DO NOTHING
)
SELECT id FROM held
"""
LEAVE_AUDIT = """
UPDATE audits SET cursor = %(cursor)s::jsonb, lease_until = NULL
 WHERE id = %(id)s AND lease_token = %(lease_token)s AND state = 'running'
"""
END_AUDIT = """
UPDATE audits SET state = %(state)s, counts = %(counts)s::jsonb, report_key = %(report_key)s::text,
       stopped = %(stopped)s::text, ended_at = coalesce(ended_at, now()), lease_until = NULL
 WHERE id = %(id)s AND lease_token = %(lease_token)s
RETURNING id
"""

# Both directions at once, for one page of a list that is sorted by the bytes of the names: what the ledger says of
# those that are in it, and the photos whose names belong between its ends and are not.
COMPARE = """
WITH listed AS (
    SELECT unnest(%(names)s::text[]) AS name
), ours AS (
    SELECT l.name, true AS listed, a.state, a.version,
           a.reap_after < now() - %(reaper_hours)s * interval '1 hour' AS is_overdue,
           u.parked_key = a.object_name AS is_parked, p.id AS photo_id, p.org_id, p.missing_at
      FROM listed l
      LEFT JOIN attempts a ON a.object_name = l.name AND a.store = coalesce(%(store)s::text, a.store)
      LEFT JOIN uploads u ON u.id = a.upload_id
      LEFT JOIN photos p ON p.attempt_id = a.id
), unlisted AS (
    SELECT a.object_name, false, a.state, a.version, false, false, p.id, p.org_id, p.missing_at
      FROM attempts a JOIN photos p ON p.attempt_id = a.id
     WHERE a.store = %(store)s::text AND a.state = 'committed'
       AND a.object_name COLLATE "C" > %(after)s::text AND a.object_name COLLATE "C" <= %(until)s::text
       AND NOT EXISTS (SELECT FROM listed l WHERE l.name = a.object_name)
     LIMIT %(most)s
)
SELECT name, listed, state, version, is_overdue, is_parked, photo_id, org_id, missing_at IS NOT NULL AS was_missing
  FROM (SELECT * FROM ours UNION ALL SELECT * FROM unlisted) found
"""

FOUND_AGAIN = "UPDATE photos SET missing_at = NULL WHERE id = ANY (%(photo_ids)s::uuid[]) AND missing_at IS NOT NULL"
MARK_MISSING = """
UPDATE photos p SET missing_at = coalesce(p.missing_at, now())
  FROM attempts a
 WHERE p.id = %(photo_id)s AND p.deleted_at IS NULL AND a.id = p.attempt_id
   AND a.store = %(store)s AND a.object_name = %(object_name)s
RETURNING p.id
"""

UNSETTLED = """
SELECT kind, store, object_name, photo_id, org_id, facts FROM audit_findings
 WHERE audit_id = %(audit_id)s AND settled_at IS NULL
 ORDER BY kind, store, object_name LIMIT %(limit)s
"""
SETTLE_FINDING = """
UPDATE audit_findings SET settled_at = coalesce(settled_at, now()), facts = %(facts)s::jsonb
 WHERE audit_id = %(audit_id)s AND kind = %(kind)s AND store = %(store)s AND object_name = %(object_name)s
"""
DROP_FINDING = """
DELETE FROM audit_findings
 WHERE audit_id = %(audit_id)s AND kind = %(kind)s AND store = %(store)s AND object_name = %(object_name)s
"""
FINDINGS = """
SELECT kind, store, object_name, photo_id, org_id, facts FROM audit_findings
 WHERE audit_id = %(audit_id)s ORDER BY kind, store, object_name
"""
TALLY = """
SELECT kind, sum(CASE WHEN kind = 'extra_version' THEN jsonb_array_length(facts->'versions') ELSE 1 END)::int AS n
  FROM audit_findings WHERE audit_id = %(audit_id)s GROUP BY kind
"""
