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

-- A failed upload may be opened again by a person, and then only.
CREATE TABLE retry_logs (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id       uuid REFERENCES organizations,
    source       text NOT NULL CHECK (source IN ('client', 'client-sync', 'schedule', 'manual', 'event')),
    trigger      text,
    requested_by text,
    filters      jsonb NOT NULL DEFAULT '{}',
    attempted    int NOT NULL DEFAULT 0,
    success      int NOT NULL DEFAULT 0,
    failed       int NOT NULL DEFAULT 0,
    skipped      int NOT NULL DEFAULT 0,
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
    began_at    timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
CREATE INDEX audits_by_time ON audits (began_at DESC);
CREATE UNIQUE INDEX audits_one_at_a_time ON audits ((true)) WHERE state = 'running';

-- What an audit found, for the report and for the history.
CREATE TABLE audit_findings (
    audit_id    uuid NOT NULL REFERENCES audits,
    kind        text NOT NULL CHECK (kind IN ('orphan', 'missing', 'extra_version', 'condemned_there')),
    store       text NOT NULL,
    object_name text NOT NULL,
    photo_id    uuid,
    org_id      uuid,
    facts       jsonb NOT NULL DEFAULT '{}',
    found_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (audit_id, kind, store, object_name)
);

-- A photo whose object an audit did not find any more.
ALTER TABLE photos ADD COLUMN missing_at timestamptz;
CREATE INDEX photos_missing ON photos (missing_at) WHERE missing_at IS NOT NULL AND deleted_at IS NULL;

-- Trouble that somebody was told of, once, until it is over.
CREATE TABLE incidents (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind      text NOT NULL,
    facts     jsonb NOT NULL DEFAULT '{}',
    began_at  timestamptz NOT NULL DEFAULT now(),
    told_at   timestamptz,
    ended_at  timestamptz
);
CREATE UNIQUE INDEX incidents_one_open_of_a_kind ON incidents (kind) WHERE ended_at IS NULL;

GRANT SELECT, INSERT ON retry_logs TO keepsake_api;
GRANT SELECT ON audits, audit_findings, incidents TO keepsake_worker;
ALTER TABLE retry_logs ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON retry_logs TO keepsake_api USING (org_id = (SELECT present_org()));
CREATE POLICY everybody ON retry_logs TO keepsake_worker USING (true);
ALTER TABLE audit_findings ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON audit_findings TO keepsake_worker USING (true);
