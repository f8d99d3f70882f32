"""The pivot and its opposite: the two questions that decide, for ever, whether an attempt counts."""

# Everybody who completes the same target stands in one line here, so that the question that follows
# sees all that was committed before it.
LOCK_TARGET = "SELECT pg_advisory_xact_lock(hashtextextended(%(target_key)s, 0))"

# Read it downwards. `found` locks the upload and the attempt, and is empty unless both are still undecided.
# `same` is the photo of these bytes that the target has already. Nobody believes that it is whole before its
# store was asked: while it is `unsure`, nothing happens, and the answer is what to look at. Then it is the `twin`,
# or it is `broken`, and the new bytes mend it; or it is `outdone` by a better picture from the same address.
# `newer` is a later photo of the same hunt stop. `decided` is the compare-and-set: committed, or condemned because
# it is not needed. `photo`, `mended` and `stop` write the result; `replaced` condemns what the new bytes take the
# place of; `rivals` condemns every other try.
COMMIT = """
WITH found AS (
    SELECT u.*, a.id AS attempt_id, a.object_name
      FROM attempts a JOIN uploads u ON u.id = a.upload_id
     WHERE a.id = %(attempt_id)s AND a.state = 'intent' AND u.state = 'open'
       FOR UPDATE OF u, a
), same AS (
    SELECT p.id, p.attempt_id, false AS is_outdone
      FROM photos p JOIN found f ON p.org_id = f.org_id AND p.project_id = f.project_id
     WHERE p.sha256 = decode(%(sha256)s, 'hex') AND p.deleted_at IS NULL
     UNION ALL
    SELECT p.id, p.attempt_id, (coalesce(f.quality_score, 0), coalesce(f.fetched_at, f.created_at))
                             > (coalesce(p.quality_score, 0), coalesce(p.fetched_at, p.uploaded_at))
                            OR f.details @> '{"force": true}' AND f.seq > p.upload_seq
      FROM photos p JOIN found f ON p.venue_id = f.venue_id AND p.provider_url = f.provider_url
     WHERE p.deleted_at IS NULL
), unsure AS (
    SELECT s.id AS photo_id, t.id AS attempt_id, t.store, t.object_name, t.version,
           t.provider_ref->>'secure_url' AS url
      FROM same s JOIN attempts t ON t.id = s.attempt_id
     WHERE coalesce(s.attempt_id <> %(seen)s::uuid, true) AND coalesce(s.attempt_id <> %(gone)s::uuid, true)
       AND NOT s.is_outdone
), held AS (
    SELECT * FROM found WHERE NOT EXISTS (SELECT FROM unsure)
), twin AS (
    SELECT id FROM same WHERE attempt_id = %(seen)s::uuid AND NOT is_outdone
), broken AS (
    SELECT id, attempt_id FROM same WHERE attempt_id = %(gone)s::uuid AND NOT is_outdone
), newer AS (
    SELECT s.photo_id AS id FROM hunt_progress s JOIN held h USING (team_id, location_id)
     WHERE s.upload_seq > h.seq AND s.photo_id IS NOT NULL
), kept AS (
    SELECT o.other_id, t.store, t.object_name, t.version, t.provider_ref
      FROM (SELECT coalesce((SELECT id FROM twin), (SELECT id FROM newer)) AS other_id) o
      LEFT JOIN photos p ON p.id = o.other_id LEFT JOIN attempts t ON t.id = p.attempt_id
), decided AS (
    UPDATE attempts a
       SET state = CASE WHEN k.other_id IS NULL THEN 'committed' ELSE 'condemned' END,
           committed_at = CASE WHEN k.other_id IS NULL THEN now() END,
           condemned_at = CASE WHEN k.other_id IS NOT NULL THEN now() END,
           next_look_at = CASE WHEN k.other_id IS NOT NULL THEN now() END,
           bytes = %(bytes)s::bigint, sha256 = decode(%(sha256)s, 'hex'), md5 = decode(%(md5)s, 'hex'),
           version = %(version)s::text, provider_ref = %(provider_ref)s::jsonb
      FROM held h, kept k WHERE a.id = h.attempt_id
    RETURNING a.id, a.state
), outdone AS (
    UPDATE photos o SET attempt_id = NULL, deleted_at = now(), replaced_by = h.id
      FROM same s, held h, decided d WHERE o.id = s.id AND s.is_outdone AND d.state = 'committed'
    RETURNING s.attempt_id
), photo AS (
    INSERT INTO photos (id, org_id, actor_id, project_id, team_id, location_id, venue_id, attempt_id, upload_seq,
                        file_name, bytes, sha256, mime, width, height, exif, exif_warnings,
                        provider, provider_url, quality_score, fetched_at)
    SELECT h.id, h.org_id, h.actor_id, h.project_id, h.team_id, h.location_id, h.venue_id, h.attempt_id, h.seq,
           h.file_name, %(bytes)s::bigint, decode(%(sha256)s, 'hex'), %(mime)s::text, %(width)s::int, %(height)s::int,
           %(exif)s::jsonb, %(exif_warnings)s::text[], h.provider, h.provider_url, h.quality_score, h.fetched_at
      FROM held h, decided d
     WHERE d.state = 'committed' AND NOT EXISTS (SELECT FROM broken)
       -- Read first: there may be only one of them at a time.
       AND (SELECT count(*) FROM outdone) >= 0
    RETURNING id
), mended AS (
    UPDATE photos p SET attempt_id = d.id, upload_seq = greatest(p.upload_seq, h.seq)
      FROM broken b, held h, decided d WHERE p.id = b.id AND d.state = 'committed'
    RETURNING p.id
), stop AS (
    INSERT INTO hunt_progress AS s (team_id, location_id, org_id, photo_id, photo_url, done, completed_at,
                                    upload_seq)
    SELECT h.team_id, h.location_id, h.org_id, p.id, %(photo_url)s::text, true,
           coalesce(%(completed_at)s::timestamptz, now()), h.seq
      FROM held h JOIN photo p ON p.id = h.id WHERE h.team_id IS NOT NULL
    ON CONFLICT ON CONSTRAINT hunt_progress_one_per_stop DO UPDATE
       SET previous_photo_id = s.photo_id, photo_id = excluded.photo_id, photo_url = excluded.photo_url,
           done = true, completed_at = excluded.completed_at, upload_seq = excluded.upload_seq, updated_at = now()
    RETURNING s.previous_photo_id, s.photo_url, s.completed_at
), old AS (
    UPDATE photos o SET attempt_id = NULL, deleted_at = now(), replaced_by = p.id
      FROM stop s, photo p WHERE o.id = s.previous_photo_id AND o.deleted_at IS NULL
    RETURNING o.id
), replaced AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now()
     WHERE a.state = 'committed'
       AND (a.upload_id = (SELECT id FROM old) OR a.id = (SELECT attempt_id FROM outdone)
            OR a.id = (SELECT b.attempt_id FROM broken b JOIN mended m ON m.id = b.id))
    RETURNING a.id
), rivals AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now()
      FROM held h WHERE a.upload_id = h.id AND a.id <> h.attempt_id AND a.state = 'intent' RETURNING a.id
), told AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT h.org_id, 'photo.committed', jsonb_build_object(
               'photo_id', p.id, 'org_id', h.org_id, 'project_id', h.project_id, 'object_name', h.object_name,
               'version', %(version)s::text, 'mime', %(mime)s::text, 'bytes', %(bytes)s::bigint)
      FROM held h, (SELECT id FROM photo UNION ALL SELECT id FROM mended) p
    RETURNING id
), asked AS (
    INSERT INTO outbox (org_id, topic, payload)
    SELECT h.org_id, 'photo.detect', jsonb_build_object(
               'photo_id', h.id, 's3_url', %(photo_url)s::text, 'detection_types', to_jsonb(o.detection_types),
               'priority', 'normal')
      FROM held h JOIN photo p ON p.id = h.id JOIN organizations o ON o.id = h.org_id
     WHERE o.detection_types <> '{}'
    RETURNING id
), answered AS (
    UPDATE uploads u
       SET state = 'committed', photo_id = coalesce(k.other_id, (SELECT id FROM broken), h.id),
           finished_at = now(), updated_at = now(),
           lease_until = NULL, next_retry_at = NULL, parked_key = NULL,
           failure_class = NULL, failure_type = NULL, failure_detail = NULL,
           resp_status = %(resp_status)s::int,
           resp_body = (%(resp_body)s::jsonb || CASE WHEN k.other_id IS NULL THEN '{}' ELSE jsonb_build_object(
               'store', k.store, 'object_name', k.object_name, 'version', k.version,
               'asset_id', k.provider_ref->'asset_id', 'display_url', k.provider_ref->'secure_url')
           END || jsonb_build_object(
               'photo_id', coalesce(k.other_id, (SELECT id FROM broken), h.id), 'upload_id', h.id,
               'duplicate', EXISTS (SELECT FROM twin), 'superseded', EXISTS (SELECT FROM newer),
               'repaired', CASE WHEN EXISTS (SELECT FROM broken) THEN true END,
               'hunt_progress', (SELECT jsonb_build_object(
                   'team_id', h.team_id, 'location_id', h.location_id, 'photo_url', s.photo_url,
                   'done', true,
                   'completed_at', to_char(s.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
                 FROM stop s)))::json
      FROM held h, kept k, decided d WHERE u.id = h.id
    RETURNING u.*
)
SELECT a.resp_status, a.resp_body, u.photo_id AS twin_id, u.attempt_id AS twin_attempt_id, u.store AS twin_store,
       u.object_name AS twin_object_name, u.version AS twin_version, u.url AS twin_url
  FROM answered a FULL JOIN unsure u ON false
"""

# `held` takes the upload before the attempt, like the commit does: two orders would be a deadlock. A place that
# was promised is not condemned by whoever lost the reply to the promise: only the end of the upload takes it.
# Only the newest attempt speaks for its upload; an older one is condemned in silence. Who lets the upload go
# takes every other open try along, because without a lease nobody would look for them again; the parked bytes
# are spared unless this is the end, and even then when a person may still want to try again with them.
# An outage is nobody's fault: it gives the try back.
CONDEMN = """
WITH held AS (
    SELECT u.id AS upload_id, a.id AS attempt_id, f.speaks, f.speaks AND %(final)s::bool AS ends,
           f.speaks AND (%(final)s::bool OR NOT %(keep_lease)s::bool) AS lets_go,
           CASE WHEN NOT %(final)s::bool OR %(keep_parked)s::bool THEN u.parked_key END AS spared
      FROM attempts a JOIN uploads u ON u.id = a.upload_id
     CROSS JOIN LATERAL (SELECT u.attempt_no = a.attempt_no AND u.state = 'open' AS speaks) f
     WHERE a.id = %(attempt_id)s AND a.state = 'intent'
       AND (%(final)s::bool OR a.object_name IS DISTINCT FROM u.parked_key)
       FOR UPDATE OF u, a
), gone AS (
    UPDATE attempts a SET state = 'condemned', condemned_at = now(), next_look_at = now(),
                          last_error = %(failure_detail)s::text
      FROM held h WHERE a.upload_id = h.upload_id AND a.state = 'intent'
       AND (a.id = h.attempt_id OR h.lets_go AND a.object_name IS DISTINCT FROM h.spared)
    RETURNING a.id
), told AS (
    UPDATE uploads u
       SET lease_until = CASE WHEN NOT h.lets_go THEN u.lease_until END, updated_at = now(),
           failure_class = %(failure_class)s::text, failure_type = %(failure_type)s::text,
           failure_detail = %(failure_detail)s::text,
           next_retry_at = CASE WHEN NOT h.ends THEN now() + %(retry_in)s::float8 * interval '1 second' END,
           state = CASE WHEN h.ends THEN 'failed' ELSE 'open' END,
           finished_at = CASE WHEN h.ends THEN now() END,
           parked_key = CASE WHEN h.ends THEN h.spared ELSE u.parked_key END,
           tries = greatest(0, u.tries - (%(failure_class)s::text = 'outage')::int),
           resp_status = CASE WHEN h.ends THEN %(resp_status)s::int END,
           resp_body = CASE WHEN h.ends THEN %(resp_body)s::json END
      FROM held h WHERE u.id = h.upload_id AND h.speaks
    RETURNING u.id
)
SELECT id FROM gone
"""

STANDING = """
SELECT a.state AS attempt_state, u.state AS upload_state, u.resp_status, u.resp_body
  FROM attempts a JOIN uploads u ON u.id = a.upload_id
 WHERE a.id = %(attempt_id)s
"""
