-- What recovery needs to know and leaves behind: priorities, imports, runs, audits, incidents.

-- How often it may be tried in all: more when a person asked for it. What is more urgent goes first.
ALTER TABLE uploads ADD COLUMN most_tries int NOT NULL DEFAULT 5 CHECK (most_tries > 0);
ALTER TABLE uploads ADD COLUMN priority int NOT NULL DEFAULT 0;

-- What was fetched from where, for the import door: the photo of a venue is known by its address at the provider.
ALTER TABLE uploads ADD COLUMN provider text CHECK (char_length(provider) BETWEEN 1 AND 64);
ALTER TABLE uploads ADD COLUMN provider_url text CHECK (char_length(provider_url) BETWEEN 1 AND 2048);
ALTER TABLE uploads ADD COLUMN quality_score double precision;
ALTER TABLE uploads ADD COLUMN fetched_at timestamptz;
ALTER TABLE uploads ADD CONSTRAINT uploads_import_says_from_where CHECK (
    (door = 'import') = (provider_url IS NOT NULL) AND (provider_url IS NULL) = (provider IS NULL)
    AND (door <> 'import' OR venue_id IS NOT NULL));
ALTER TABLE photos ADD COLUMN provider text;
ALTER TABLE photos ADD COLUMN provider_url text;
ALTER TABLE photos ADD COLUMN quality_score double precision;
ALTER TABLE photos ADD COLUMN fetched_at timestamptz;
CREATE UNIQUE INDEX photos_one_per_venue_and_url ON photos (venue_id, provider_url)
    WHERE provider_url IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX uploads_by_venue ON uploads (venue_id, created_at DESC) WHERE venue_id IS NOT NULL;

-- What is due, the most urgent first, then the longest waiting.
DROP INDEX uploads_due;
CREATE INDEX uploads_due ON uploads (priority DESC, next_retry_at) WHERE state = 'open' AND next_retry_at IS NOT NULL;
-- What failed, for whoever looks why, and for whoever wants it tried again.
CREATE INDEX uploads_failed ON uploads (org_id, finished_at DESC, id DESC) WHERE state = 'failed';
CREATE INDEX uploads_troubled ON uploads (org_id, updated_at DESC, id DESC)
    WHERE state = 'open' AND failure_class IS NOT NULL;

-- A failed upload may be opened again by a person, and then only. It takes again what it gave back when it ended.
CREATE FUNCTION uploads_take_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE allowances SET files = files + 1, bytes = bytes + NEW.reserved WHERE id IN (NEW.org_id, NEW.allowance_id);
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_take_again AFTER UPDATE OF state ON uploads
    FOR EACH ROW WHEN (OLD.state = 'failed' AND NEW.state = 'open') EXECUTE FUNCTION uploads_take_again();

-- One row per run over failed uploads, whoever asked for it; kept for a month.
CREATE TABLE retry_logs (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id       uuid NOT NULL REFERENCES organizations,
    source       text NOT NULL CHECK (source IN ('client', 'client-sync', 'schedule', 'manual', 'event')),
    trigger      text,
    requested_by text,
    filters      jsonb NOT NULL DEFAULT '{}',
    attempted    int NOT NULL DEFAULT 0,
    success      int NOT NULL DEFAULT 0,
    failed       int NOT NULL DEFAULT 0,
    skipped      int NOT NULL DEFAULT 0,
    remaining    int NOT NULL DEFAULT 0,
    by_type      jsonb NOT NULL DEFAULT '{}',
    by_user      jsonb NOT NULL DEFAULT '{}',
    stopped      text,
    duration_ms  int NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT retry_logs_add_up CHECK (success + failed <= attempted)
);
CREATE INDEX retry_logs_by_time ON retry_logs (created_at DESC);
CREATE INDEX retry_logs_by_org ON retry_logs (org_id, created_at DESC);

-- One row per audit: how far it got, so that the next invocation goes on, and what it found.
CREATE TABLE audits (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    source      text NOT NULL CHECK (source IN ('schedule', 'manual')),
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped')),
    cursor      jsonb NOT NULL DEFAULT '{}',
    counts      jsonb NOT NULL DEFAULT '{}',
    report_key  text,
    stopped     text,
    lease_until timestamptz,
    lease_token uuid,
    began_at    timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    CONSTRAINT audits_end_with_a_time CHECK ((state = 'running') = (ended_at IS NULL)),
    CONSTRAINT audits_stop_for_a_reason CHECK ((state = 'stopped') = (stopped IS NOT NULL))
);
CREATE INDEX audits_by_time ON audits (began_at DESC);
CREATE UNIQUE INDEX audits_one_at_a_time ON audits ((true)) WHERE state = 'running';

-- What an audit found, for the report and for the history. Noted while it only reads; settled when it was looked at
-- again, and dealt with.
CREATE TABLE audit_findings (
    audit_id    uuid NOT NULL REFERENCES audits,
    kind        text NOT NULL CHECK (kind IN ('orphan', 'missing', 'extra_version', 'condemned_there')),
    store       text NOT NULL,
    object_name text NOT NULL,
    photo_id    uuid,
    org_id      uuid,
    facts       jsonb NOT NULL DEFAULT '{}',
    found_at    timestamptz NOT NULL DEFAULT now(),
    settled_at  timestamptz,
    -- Whose it is says its name, even where no row knows it: {stage}/{organisation}/, or derived/ before that.
    owner       text GENERATED ALWAYS AS (
        split_part(object_name, '/', CASE WHEN object_name LIKE 'derived/%' THEN 3 ELSE 2 END)) STORED,
    PRIMARY KEY (audit_id, kind, store, object_name)
);
CREATE INDEX audit_findings_by_owner ON audit_findings (owner, audit_id);
CREATE INDEX audit_findings_unsettled ON audit_findings (audit_id, kind, store, object_name)
    WHERE settled_at IS NULL;

-- The rows in the order in which a store lists its objects: by their bytes, whatever the database's own order is.
CREATE INDEX attempts_committed_by_name ON attempts (store, object_name COLLATE "C") WHERE state = 'committed';

-- A photo whose object an audit did not find any more.
ALTER TABLE photos ADD COLUMN missing_at timestamptz;
CREATE INDEX photos_missing ON photos (missing_at) WHERE missing_at IS NOT NULL AND deleted_at IS NULL;

-- What retention looks for: what ended, or was left alone, long ago.
CREATE INDEX uploads_ended ON uploads (finished_at) WHERE state = 'failed' OR photo_id <> id;
CREATE INDEX uploads_idle ON uploads (updated_at) WHERE state = 'open' AND lease_until IS NULL AND parked_key IS NULL;
CREATE INDEX photos_deleted ON photos (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;
-- A photo that goes is asked for here.
CREATE INDEX hunt_progress_by_photo ON hunt_progress (photo_id) WHERE photo_id IS NOT NULL;
CREATE INDEX hunt_progress_by_previous ON hunt_progress (previous_photo_id) WHERE previous_photo_id IS NOT NULL;

-- Trouble that somebody was told of, once, until it is over; and then once more.
CREATE TABLE incidents (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind         text NOT NULL,
    facts        jsonb NOT NULL DEFAULT '{}',
    began_at     timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    told_at      timestamptz,
    ended_at     timestamptz,
    end_told_at  timestamptz,
    CONSTRAINT incidents_end_before_it_is_told CHECK (end_told_at IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX incidents_one_open_of_a_kind ON incidents (kind) WHERE ended_at IS NULL;
CREATE INDEX incidents_ended ON incidents (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX incidents_untold ON incidents (began_at)
    WHERE ended_at IS NULL AND told_at IS NULL OR ended_at IS NOT NULL AND end_told_at IS NULL;
-- What trouble is made of: news and deliveries that nobody tries any more, uploads that did not go well at once.
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (ended_at) WHERE state = 'dead';
CREATE INDEX uploads_retried ON uploads (org_id, created_at) WHERE tries > 0;

GRANT SELECT, INSERT ON retry_logs TO keepsake_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON audits, audit_findings, incidents TO keepsake_worker;
ALTER TABLE retry_logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON retry_logs TO keepsake_api USING (org_id = (SELECT present_org()));
CREATE POLICY everybody ON retry_logs TO keepsake_worker USING (true);
-- An admin sees when audits were, and what they found of the organisation; not what they found of others.
GRANT SELECT (id, source, state, began_at, ended_at) ON audits TO keepsake_api;
GRANT SELECT ON audit_findings TO keepsake_api;
ALTER TABLE audit_findings ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON audit_findings TO keepsake_api USING (owner = (SELECT present_org())::text);
CREATE POLICY everybody ON audit_findings TO keepsake_worker USING (true);

-- The newest upload of an address decides what is known of it.
CREATE INDEX uploads_by_venue_and_url ON uploads (venue_id, provider_url, seq) WHERE provider_url IS NOT NULL;

-- What a venue has, one row for each address: the photo, whatever failed before or after it; else how its newest upload
-- stands. What came by another door has no address, and is itself.
CREATE VIEW venue_image_states WITH (security_invoker = true) AS
SELECT u.venue_id, u.org_id, u.id AS upload_id, u.created_at, p.id AS photo_id,
       CASE WHEN p.id IS NOT NULL THEN 'uploaded' WHEN u.state = 'failed' THEN 'permanently_failed'
            WHEN u.failure_class IS NOT NULL AND u.parked_key IS NULL THEN 'failed' ELSE 'pending' END AS upload_status,
       u.provider, u.provider_url, u.quality_score, u.fetched_at, u.file_name,
       t.store, t.object_name, t.version, t.provider_ref->>'secure_url' AS url, t.provider_ref->>'asset_id' AS asset_id,
       CASE WHEN p.id IS NULL AND u.failure_class IS NOT NULL THEN jsonb_build_object(
           'error_type', u.failure_type, 'class', u.failure_class, 'detail', u.failure_detail, 'tries', u.tries,
           'next_retry_at', to_char(u.next_retry_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END
       AS error_details
  FROM uploads u
  LEFT JOIN photos p ON p.id = u.id AND p.deleted_at IS NULL
  LEFT JOIN attempts t ON t.id = p.attempt_id
 WHERE u.venue_id IS NOT NULL
   AND (p.id IS NOT NULL
        OR u.state <> 'committed'
           AND NOT EXISTS (SELECT FROM uploads n WHERE n.venue_id = u.venue_id AND n.provider_url = u.provider_url
                                                   AND n.seq > u.seq)
           AND NOT EXISTS (SELECT FROM photos l WHERE l.venue_id = u.venue_id AND l.provider_url = u.provider_url
                                                  AND l.deleted_at IS NULL));

-- The same, one row for each venue, for questions like: whose images failed with what?
CREATE VIEW venue_images WITH (security_invoker = true) AS
SELECT v.id AS venue_id, v.org_id, v.name, i.images
  FROM venues v
 CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
               'upload_status', s.upload_status, 'error_details', s.error_details, 'provider', s.provider,
               'provider_url', s.provider_url, 'url', s.url, 'quality_score', s.quality_score,
               'fetched_at', to_char(s.fetched_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
               'photo_id', s.photo_id, 'upload_id', s.upload_id, 'file_name', s.file_name))
               ORDER BY s.created_at DESC, s.upload_id DESC), '[]') AS images
      FROM venue_image_states s WHERE s.venue_id = v.id) i
 WHERE v.deleted_at IS NULL;
GRANT SELECT ON venue_image_states, venue_images TO keepsake_api;
