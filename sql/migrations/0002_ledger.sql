-- The ledger: what clients meant to upload, every attempt at it, and the photos that came out.

-- One row is one client intention, named by its idempotency key: the idempotency store is this row.
CREATE TABLE uploads (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL REFERENCES organizations,
    actor_id       text NOT NULL,
    door           text NOT NULL CHECK (door IN ('form', 'direct', 'import')),
    idem_key       text NOT NULL CHECK (char_length(idem_key) BETWEEN 1 AND 255),
    fingerprint    bytea NOT NULL CHECK (octet_length(fingerprint) = 32),

    project_id     uuid REFERENCES projects,
    team_id        uuid REFERENCES teams,
    location_id    uuid REFERENCES locations,
    venue_id       uuid REFERENCES venues,
    store          text NOT NULL CHECK (store IN ('s3', 'cloudinary', 'imagekit')),

    file_name      text NOT NULL CHECK (char_length(file_name) BETWEEN 1 AND 255),
    size           bigint CHECK (size > 0),
    mime           text,
    sha256         bytea CHECK (octet_length(sha256) = 32),
    details        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),

    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'committed', 'failed')),
    attempt_no     int NOT NULL DEFAULT 1 CHECK (attempt_no > 0),
    lease_until    timestamptz,          -- nobody holds it when null
    lease_token    uuid NOT NULL,
    seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    photo_id       uuid,

    next_retry_at  timestamptz,
    tries          int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    failure_class  text CHECK (failure_class IN ('transient', 'ambiguous', 'permanent', 'outage')),
    failure_type   text,
    failure_detail text,
    parked_key     text,                 -- the attempt in our S3 that keeps the bytes while the store is down

    resp_status    int CHECK (resp_status BETWEEN 200 AND 599),
    resp_body      json,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz,

    CONSTRAINT uploads_one_per_key UNIQUE (org_id, actor_id, door, idem_key),
    CONSTRAINT uploads_one_target CHECK (
        (project_id IS NOT NULL)::int + (team_id IS NOT NULL)::int + (venue_id IS NOT NULL)::int = 1
        AND (team_id IS NULL) = (location_id IS NULL)),
    CONSTRAINT uploads_size_is_known CHECK (door = 'import' OR (size IS NOT NULL AND mime IS NOT NULL)),
    CONSTRAINT uploads_end_with_a_reply CHECK (
        (state = 'open') = (finished_at IS NULL) AND (state = 'open') = (resp_body IS NULL)
        AND (resp_status IS NULL) = (resp_body IS NULL)),
    CONSTRAINT uploads_parked_are_not_stored CHECK (parked_key IS NULL OR state <> 'committed'),
    CONSTRAINT uploads_committed_has_photo CHECK ((state = 'committed') = (photo_id IS NOT NULL)),
    CONSTRAINT uploads_failed_says_why CHECK (state <> 'failed' OR failure_class IS NOT NULL)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- What recovery looks for: open uploads whose holder is gone.
CREATE INDEX uploads_open_by_lease ON uploads (lease_until) WHERE state = 'open' AND lease_until IS NOT NULL;
-- What the schedule looks for: work that is due again.
CREATE INDEX uploads_due ON uploads (next_retry_at) WHERE state = 'open' AND next_retry_at IS NOT NULL;
CREATE INDEX uploads_by_photo ON uploads (photo_id) WHERE photo_id IS NOT NULL;

-- One row is one try, written before any side effect. Its object name is its own and is never reused.
CREATE TABLE attempts (
    id           uuid PRIMARY KEY,
    upload_id    uuid NOT NULL REFERENCES uploads,
    attempt_no   int NOT NULL CHECK (attempt_no > 0),
    store        text NOT NULL CHECK (store IN ('s3', 'cloudinary', 'imagekit')),
    object_name  text NOT NULL,
    state        text NOT NULL DEFAULT 'intent' CHECK (state IN ('intent', 'committed', 'condemned', 'reaped')),
    bytes        bigint CHECK (bytes >= 0),
    sha256       bytea CHECK (octet_length(sha256) = 32),
    md5          bytea CHECK (octet_length(md5) = 16),
    version      text,
    provider_ref jsonb NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    committed_at timestamptz,
    condemned_at timestamptz,
    reap_after   timestamptz NOT NULL,
    next_look_at timestamptz,
    absent_at    timestamptz,
    delete_tries int NOT NULL DEFAULT 0 CHECK (delete_tries >= 0),
    last_error   text,

    CONSTRAINT attempts_one_per_number UNIQUE (upload_id, attempt_no),
    CONSTRAINT attempts_own_their_name UNIQUE (object_name),
    CONSTRAINT attempts_committed_is_known CHECK (
        (state <> 'committed') OR (bytes IS NOT NULL AND committed_at IS NOT NULL)),
    CONSTRAINT attempts_condemned_is_dated CHECK (
        (state IN ('condemned', 'reaped')) = (condemned_at IS NOT NULL)),
    CONSTRAINT attempts_condemned_is_looked_at CHECK ((state = 'condemned') = (next_look_at IS NOT NULL))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

CREATE UNIQUE INDEX attempts_one_committed ON attempts (upload_id) WHERE state = 'committed';
CREATE INDEX attempts_to_reap ON attempts (next_look_at) WHERE state = 'condemned';

-- The only moves an attempt may make; whoever asks for another has a bug, and is told so.
CREATE FUNCTION attempts_move_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('intent', 'committed'), ('intent', 'condemned'),
                                      ('committed', 'condemned'), ('condemned', 'reaped')) THEN
        RAISE EXCEPTION 'attempt % cannot go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER attempts_move_forward BEFORE UPDATE OF state ON attempts
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION attempts_move_forward();

-- The result: a photo points at exactly one committed attempt until it is deleted.
CREATE TABLE photos (
    id            uuid PRIMARY KEY REFERENCES uploads,
    org_id        uuid NOT NULL REFERENCES organizations,
    actor_id      text NOT NULL,
    project_id    uuid REFERENCES projects,
    team_id       uuid REFERENCES teams,
    location_id   uuid REFERENCES locations,
    venue_id      uuid REFERENCES venues,
    attempt_id    uuid CONSTRAINT photos_own_their_attempt UNIQUE REFERENCES attempts,
    upload_seq    bigint NOT NULL,
    status        text NOT NULL DEFAULT 'uploaded'
                  CHECK (status IN ('uploaded', 'processing', 'completed', 'failed', 'permanently_failed')),
    file_name     text NOT NULL,
    bytes         bigint NOT NULL CHECK (bytes > 0),
    sha256        bytea CHECK (octet_length(sha256) = 32),
    mime          text NOT NULL,
    width         int NOT NULL CHECK (width > 0),
    height        int NOT NULL CHECK (height > 0),
    exif          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(exif) = 'object'),
    exif_warnings text[] NOT NULL DEFAULT '{}',
    uploaded_at   timestamptz NOT NULL DEFAULT now(),
    processing_at timestamptz,
    completed_at  timestamptz,
    failed_at     timestamptz,
    deleted_at    timestamptz,
    replaced_by   uuid,

    CONSTRAINT photos_live_has_bytes CHECK ((deleted_at IS NULL) = (attempt_id IS NOT NULL)),
    CONSTRAINT photos_replaced_is_deleted CHECK (replaced_by IS NULL OR deleted_at IS NOT NULL)
) WITH (fillfactor = 85);

-- The same bytes are one photo of a project, however often they are sent.
CREATE UNIQUE INDEX photos_one_per_project_and_bytes ON photos (org_id, project_id, sha256)
    WHERE project_id IS NOT NULL AND sha256 IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX photos_by_org ON photos (org_id, uploaded_at DESC, id) WHERE deleted_at IS NULL;
CREATE INDEX photos_by_project ON photos (project_id, uploaded_at DESC, id) WHERE deleted_at IS NULL;

-- How far each team got: one row per stop, always pointing at the newest photo of it.
CREATE TABLE hunt_progress (
    team_id             uuid NOT NULL REFERENCES teams,
    location_id         uuid NOT NULL REFERENCES locations,
    org_id              uuid NOT NULL REFERENCES organizations,
    photo_id            uuid REFERENCES photos,
    previous_photo_id   uuid REFERENCES photos,
    photo_url           text,
    done                boolean NOT NULL DEFAULT false,
    completed_at        timestamptz,
    upload_seq          bigint NOT NULL DEFAULT 0,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT hunt_progress_one_per_stop PRIMARY KEY (team_id, location_id),
    CONSTRAINT hunt_progress_done_is_proved CHECK (
        done = (photo_id IS NOT NULL) AND done = (completed_at IS NOT NULL) AND done = (photo_url IS NOT NULL))
);

-- What must be told to others, written with the fact it tells of.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    org_id       uuid NOT NULL REFERENCES organizations,
    topic        text NOT NULL,
    payload      jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    created_at   timestamptz NOT NULL DEFAULT now(),
    available_at timestamptz NOT NULL DEFAULT now(),
    tries        int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    published_at timestamptz,
    dead_at      timestamptz,
    last_error   text,
    CONSTRAINT outbox_ends_once CHECK (published_at IS NULL OR dead_at IS NULL)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX outbox_due ON outbox (available_at, id) WHERE published_at IS NULL AND dead_at IS NULL;
