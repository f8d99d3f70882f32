-- What happens to a photo after its commit: stages that become due, what they make, and who is told.

CREATE EXTENSION IF NOT EXISTS vector;

-- Where the GPS position of a photo may be seen: as it is, to about a kilometre, or not at all.
ALTER TABLE organizations ADD COLUMN gps_policy text NOT NULL DEFAULT 'keep'
    CHECK (gps_policy IN ('keep', 'coarsen', 'strip'));

-- What the `process` stage finds and makes. Derived objects are named after the attempt they are made of.
ALTER TABLE photos ADD COLUMN placeholder text;
ALTER TABLE photos ADD COLUMN animated boolean NOT NULL DEFAULT false;
ALTER TABLE photos ADD COLUMN renditions jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(renditions) = 'object');
ALTER TABLE photos ADD COLUMN tags text[] NOT NULL DEFAULT '{}';

-- How far a photo got, in the words of progress; `ready` when every stage is done.
ALTER TABLE photos ADD COLUMN stage text NOT NULL DEFAULT 'uploaded'
    CHECK (stage IN ('uploaded', 'processing', 'embedding', 'ready', 'failed'));

-- One row is one thing that must still be done, or was done, for one photo. It is due by its time, never by the
-- absence of an error; whoever does it holds the lease.
CREATE TABLE stages (
    photo_id    uuid NOT NULL REFERENCES photos,
    stage       text NOT NULL CHECK (stage IN ('process', 'embed')),
    org_id      uuid NOT NULL REFERENCES organizations,
    state       text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed', 'stopped')),
    due_at      timestamptz DEFAULT now(),
    tries       int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    lease_until timestamptz,
    lease_token uuid,
    error_class text CHECK (error_class IN ('transient', 'ambiguous', 'permanent', 'outage')),
    error_type  text,
    error       text,
    made_by     text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    began_at    timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (photo_id, stage),
    CONSTRAINT stages_due_has_a_time CHECK ((state = 'due') = (due_at IS NOT NULL)),
    CONSTRAINT stages_end_with_a_time CHECK ((state = 'due') = (ended_at IS NULL)),
    CONSTRAINT stages_failed_says_why CHECK (state <> 'failed' OR error_type IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX stages_due ON stages (stage, due_at) WHERE state = 'due';
CREATE INDEX stages_of_org_due ON stages (org_id, stage) WHERE state = 'due';
CREATE INDEX stages_ended ON stages (org_id, ended_at) WHERE state = 'done';

CREATE TABLE embeddings (
    photo_id   uuid PRIMARY KEY REFERENCES photos,
    org_id     uuid NOT NULL REFERENCES organizations,
    model      text NOT NULL,
    embedding  vector(1024) NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX embeddings_by_likeness ON embeddings USING hnsw (embedding vector_cosine_ops);
CREATE INDEX embeddings_by_org ON embeddings (org_id, model);

-- A photo that is there must be processed: whoever writes the one writes the other.
CREATE FUNCTION photos_begin_stages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stages (photo_id, stage, org_id) VALUES (NEW.id, 'process', NEW.org_id);
    RETURN NULL;
END $$;
CREATE TRIGGER photos_begin_stages AFTER INSERT ON photos FOR EACH ROW EXECUTE FUNCTION photos_begin_stages();

-- What there is to search a photo by, in words.
ALTER TABLE photos ADD COLUMN words tsvector;
CREATE FUNCTION photos_words(of photos) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT to_tsvector('simple', regexp_replace(concat_ws(' ', of.file_name, array_to_string(of.tags, ' '),
               of.exif->>'camera_make', of.exif->>'camera_model', u.details->>'hunt_name',
               u.details->>'location_title', u.details->>'team_name', u.details->>'organization_name',
               p.name, t.name, l.title, h.name, v.name), '[._/-]', ' ', 'g'))
      FROM uploads u
      LEFT JOIN projects p ON p.id = of.project_id
      LEFT JOIN teams t ON t.id = of.team_id
      LEFT JOIN hunts h ON h.id = t.hunt_id
      LEFT JOIN locations l ON l.id = of.location_id
      LEFT JOIN venues v ON v.id = of.venue_id
     WHERE u.id = of.id
$$;
CREATE FUNCTION photos_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.words := photos_words(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER photos_keep_words BEFORE INSERT OR UPDATE OF file_name, tags, exif ON photos
    FOR EACH ROW EXECUTE FUNCTION photos_keep_words();
CREATE INDEX photos_by_words ON photos USING gin (words) WHERE deleted_at IS NULL;

-- How many uploads and photos of each actor are in which stage: kept as they change, so that nobody has to count.
-- Several rows for one number, so that those who upload at the same time do not wait for each other.
CREATE TABLE progress_counts (
    org_id   uuid NOT NULL REFERENCES organizations,
    actor_id text NOT NULL,
    stage    text NOT NULL CHECK (stage IN ('uploading', 'uploaded', 'processing', 'embedding', 'ready', 'failed')),
    shard    smallint NOT NULL,
    n        bigint NOT NULL,
    PRIMARY KEY (org_id, actor_id, stage, shard)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);

CREATE FUNCTION count_progress(org uuid, actor text, of text, by int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO progress_counts AS c (org_id, actor_id, stage, shard, n)
    VALUES (org, actor, of, pg_backend_pid() % 8, by)
    ON CONFLICT (org_id, actor_id, stage, shard) DO UPDATE SET n = c.n + excluded.n
$$;

-- An upload that is under way is `uploading`; one that ended without a photo of its own is `failed`, or is no more.
CREATE FUNCTION uploads_count_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, 'uploading', 1);
    ELSIF OLD.state = 'open' AND NEW.state <> 'open' THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, 'uploading', -1);
        IF NEW.state = 'failed' THEN
            PERFORM count_progress(NEW.org_id, NEW.actor_id, 'failed', 1);
        END IF;
    ELSIF OLD.state = 'failed' AND NEW.state = 'open' THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, 'failed', -1);
        PERFORM count_progress(NEW.org_id, NEW.actor_id, 'uploading', 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_count_progress AFTER INSERT OR UPDATE OF state ON uploads
    FOR EACH ROW EXECUTE FUNCTION uploads_count_progress();

CREATE FUNCTION photos_count_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.deleted_at IS NULL THEN
        PERFORM count_progress(OLD.org_id, OLD.actor_id, OLD.stage, -1);
    END IF;
    IF NEW.deleted_at IS NULL THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, NEW.stage, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER photos_count_new AFTER INSERT ON photos FOR EACH ROW EXECUTE FUNCTION photos_count_progress();
CREATE TRIGGER photos_count_progress AFTER UPDATE OF stage, deleted_at ON photos
    FOR EACH ROW WHEN (OLD.stage IS DISTINCT FROM NEW.stage OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION photos_count_progress();

-- What happened, in the order in which it became visible: whoever has seen all before one row misses nothing after
-- it. The transaction's number comes first, because a smaller id may be committed later.
CREATE TABLE progress_events (
    id       bigint GENERATED ALWAYS AS IDENTITY,
    xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    org_id   uuid NOT NULL REFERENCES organizations,
    actor_id text NOT NULL,
    photo_id uuid NOT NULL,
    project_id uuid,
    kind     text NOT NULL,
    facts    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(facts) = 'object'),
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, xid, id)
);
CREATE INDEX progress_events_by_age ON progress_events (at);

CREATE FUNCTION photos_tell_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO progress_events (org_id, actor_id, photo_id, project_id, kind, facts)
    VALUES (NEW.org_id, NEW.actor_id, NEW.id, NEW.project_id,
            CASE WHEN NEW.deleted_at IS NOT NULL THEN 'deleted' ELSE NEW.stage END,
            jsonb_build_object('status', NEW.status));
    RETURN NULL;
END $$;
CREATE TRIGGER photos_tell_new AFTER INSERT ON photos FOR EACH ROW EXECUTE FUNCTION photos_tell_progress();
CREATE TRIGGER photos_tell_progress AFTER UPDATE OF stage, status, deleted_at ON photos
    FOR EACH ROW WHEN ((OLD.stage, OLD.status, OLD.deleted_at) IS DISTINCT FROM (NEW.stage, NEW.status, NEW.deleted_at))
    EXECUTE FUNCTION photos_tell_progress();

-- A stage, or an upload, that will be tried again says so: with its tries, and the time of the next one.
CREATE FUNCTION stages_tell_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO progress_events (org_id, actor_id, photo_id, project_id, kind, facts)
    SELECT p.org_id, p.actor_id, p.id, p.project_id, 'retrying',
           jsonb_build_object('stage', NEW.stage, 'tries', NEW.tries, 'next_at', NEW.due_at, 'error', NEW.error_type)
      FROM photos p WHERE p.id = NEW.photo_id;
    RETURN NULL;
END $$;
CREATE TRIGGER stages_tell_progress AFTER UPDATE OF due_at ON stages
    FOR EACH ROW WHEN (NEW.state = 'due' AND NEW.error_type IS NOT NULL AND NEW.lease_until IS NULL
                       AND OLD.due_at IS DISTINCT FROM NEW.due_at)
    EXECUTE FUNCTION stages_tell_progress();
CREATE FUNCTION uploads_tell_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO progress_events (org_id, actor_id, photo_id, project_id, kind, facts)
    VALUES (NEW.org_id, NEW.actor_id, NEW.id, NEW.project_id,
            CASE WHEN NEW.state = 'failed' THEN 'failed' ELSE 'retrying' END,
            jsonb_build_object('stage', 'upload', 'tries', NEW.tries, 'next_at', NEW.next_retry_at,
                               'error', NEW.failure_type));
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_tell_progress AFTER UPDATE OF next_retry_at, state ON uploads
    FOR EACH ROW WHEN (NEW.failure_type IS NOT NULL
                       AND (NEW.state = 'failed' AND OLD.state = 'open'
                            OR NEW.state = 'open' AND NEW.next_retry_at IS DISTINCT FROM OLD.next_retry_at
                               AND NEW.next_retry_at IS NOT NULL))
    EXECUTE FUNCTION uploads_tell_progress();

-- Where an organisation wants to be told of its photos, signed with a secret of its own.
CREATE TABLE webhooks (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    url        text NOT NULL CHECK (char_length(url) BETWEEN 10 AND 2048),
    secret     text NOT NULL CHECK (secret LIKE 'whsec\_%'),
    topics     text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    resume_at  timestamptz,          -- after a failure it is left in peace until then
    ended_at   timestamptz,
    ended_why  text CHECK (ended_why IN ('deleted', 'gone')),
    CONSTRAINT webhooks_end_for_a_reason CHECK ((ended_at IS NULL) = (ended_why IS NULL))
);
CREATE INDEX webhooks_live ON webhooks (org_id) WHERE ended_at IS NULL;
CREATE INDEX webhooks_by_org ON webhooks (org_id, created_at DESC, id DESC);

CREATE TABLE deliveries (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id       uuid NOT NULL REFERENCES organizations,
    webhook_id   uuid NOT NULL REFERENCES webhooks,
    event_id     uuid NOT NULL,
    topic        text NOT NULL,
    payload      jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead')),
    due_at       timestamptz DEFAULT now(),
    tries        int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    last_status  int,
    last_error   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    CONSTRAINT deliveries_one_per_event UNIQUE (webhook_id, event_id),
    CONSTRAINT deliveries_due_has_a_time CHECK ((state = 'due') = (due_at IS NOT NULL)),
    CONSTRAINT deliveries_end_with_a_time CHECK ((state = 'due') = (ended_at IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
-- By webhook: one that has thousands waiting must not stand before the others.
CREATE INDEX deliveries_due ON deliveries (webhook_id, due_at) WHERE state = 'due';
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, state, created_at DESC, id DESC);

-- Written with the fact it tells of, for whoever asked to be told.
CREATE FUNCTION outbox_make_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload)
    SELECT w.org_id, w.id, NEW.event_id, NEW.topic, NEW.payload FROM webhooks w
     WHERE w.org_id = NEW.org_id AND w.ended_at IS NULL AND (w.topics = '{}' OR NEW.topic = ANY (w.topics));
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_make_deliveries AFTER INSERT ON outbox
    FOR EACH ROW WHEN (NEW.topic IN ('photo.committed', 'photo.completed', 'photo.failed', 'photo.deleted'))
    EXECUTE FUNCTION outbox_make_deliveries();

GRANT SELECT, INSERT, UPDATE ON stages, progress_counts, progress_events, webhooks, deliveries TO keepsake_api;
GRANT SELECT ON embeddings TO keepsake_api;
DO $$
DECLARE
    of text;
BEGIN
    FOREACH of IN ARRAY ARRAY['stages', 'embeddings', 'progress_counts', 'progress_events', 'webhooks',
                              'deliveries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', of);
        EXECUTE format('CREATE POLICY one_organization ON %I TO keepsake_api USING (org_id = (SELECT present_org()))',
                       of);
        EXECUTE format('CREATE POLICY everybody ON %I TO keepsake_worker USING (true)', of);
    END LOOP;
END $$;
