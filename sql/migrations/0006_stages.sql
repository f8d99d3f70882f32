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
    -- When the sweep tells a worker of it, because nobody else did: its own message is on the way first.
    hint_at     timestamptz NOT NULL DEFAULT now() + interval '60 seconds',
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
CREATE INDEX stages_due ON stages (stage, hint_at) WHERE state = 'due';
CREATE INDEX stages_of_org_due ON stages (org_id, stage, due_at) WHERE state = 'due';
CREATE INDEX stages_ended ON stages (org_id, stage, ended_at) WHERE state = 'done';
-- What an organisation waits for: bytes that are parked until their store is back.
CREATE INDEX uploads_parked ON uploads (org_id, created_at) WHERE state = 'open' AND parked_key IS NOT NULL;
-- Photos that were processed while no embedder was set up: for when there is one.
CREATE INDEX stages_put_off ON stages (photo_id) WHERE error_type = 'embedding_off';

CREATE TABLE embeddings (
    photo_id   uuid PRIMARY KEY REFERENCES photos,
    org_id     uuid NOT NULL REFERENCES organizations,
    model      text NOT NULL,
    -- Beside its row, not behind it: to compare all of an organisation is then three times as fast.
    embedding  vector(1024) STORAGE PLAIN NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX embeddings_by_likeness ON embeddings USING hnsw (embedding vector_cosine_ops);
CREATE INDEX embeddings_by_org ON embeddings (org_id, model);
CREATE INDEX embeddings_by_model ON embeddings (model);

-- A photo that is there must be processed: whoever writes the one writes the other.
CREATE FUNCTION photos_begin_stages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stages (photo_id, stage, org_id) VALUES (NEW.id, 'process', NEW.org_id);
    RETURN NULL;
END $$;
CREATE TRIGGER photos_begin_stages AFTER INSERT ON photos FOR EACH ROW EXECUTE FUNCTION photos_begin_stages();

-- Other bytes, or none any more: what was made of the old ones goes, and whoever is still at them has lost the lease.
CREATE FUNCTION photos_begin_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stages SET state = 'stopped', due_at = NULL, ended_at = now(), lease_until = NULL, lease_token = NULL,
                      error_class = NULL, error_type = NULL, error = NULL
     WHERE photo_id = NEW.id AND (state = 'due' OR error_type = 'embedding_off');
    IF NEW.attempt_id IS NULL THEN
        DELETE FROM embeddings WHERE photo_id = NEW.id;
        UPDATE photos SET renditions = '{}', placeholder = NULL WHERE id = NEW.id;
    ELSE
        UPDATE stages SET state = 'due', due_at = now(), hint_at = now() + interval '60 seconds', ended_at = NULL,
                          tries = 0, error_class = NULL, error_type = NULL, error = NULL
         WHERE photo_id = NEW.id AND stage = 'process';
        UPDATE photos SET renditions = '{}', stage = CASE stage WHEN 'failed' THEN stage ELSE 'uploaded' END
         WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER photos_begin_anew AFTER UPDATE OF attempt_id ON photos
    FOR EACH ROW WHEN (OLD.attempt_id IS DISTINCT FROM NEW.attempt_id) EXECUTE FUNCTION photos_begin_anew();

-- Names are written with what is no blank between their words; who asks for one writes it as it comes.
CREATE FUNCTION plain_words(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN regexp_replace($1, '[._/-]', ' ', 'g');

-- What there is to search a photo by, in words. Whose it is stands among them, so that the index itself
-- does not look at other organisations' photos; no word begins like that.
ALTER TABLE photos ADD COLUMN words tsvector;
CREATE FUNCTION photos_words(of photos) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT array_to_tsvector(ARRAY[':' || of.org_id]) ||
           to_tsvector('simple', plain_words(concat_ws(' ', of.file_name, array_to_string(of.tags, ' '),
               of.exif->>'camera_make', of.exif->>'camera_model', u.details->>'hunt_name',
               u.details->>'location_title', u.details->>'team_name', u.details->>'organization_name',
               p.name, t.name, l.title, h.name, v.name)))
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

-- Every word must be there, and the last one may go on. Whatever is written, it is words: a text that was made of
-- lexemes needs no quoting of ours. Null when there are none.
CREATE FUNCTION all_words(said text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (nullif(plainto_tsquery('simple', plain_words(said))::text, '') || ':*')::tsquery;

-- The photos of the present organisation that say these words, newest first. Behind row-level security no index of
-- words can be used (its operator may tell what it compares), so this looks past the wall, at one organisation.
-- Words that many photos say are on enough of the `latest`; only for the others all that say them are `gathered`.
CREATE FUNCTION photos_saying(said text, of_project uuid, before timestamptz, before_id uuid, most int)
RETURNS TABLE (id uuid, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    WITH latest AS MATERIALIZED (
        SELECT p.id, p.uploaded_at, p.words FROM photos p
         WHERE p.org_id = present_org() AND p.deleted_at IS NULL
           AND (of_project IS NULL OR p.project_id = of_project) AND (p.uploaded_at, p.id) < (before, before_id)
         ORDER BY p.uploaded_at DESC, p.id DESC LIMIT 2000
    ), lately AS MATERIALIZED (
        SELECT l.id, l.uploaded_at FROM latest l WHERE l.words @@ all_words(said)
         ORDER BY l.uploaded_at DESC, l.id DESC LIMIT most
    ), enough AS MATERIALIZED (
        SELECT (SELECT count(*) FROM lately) = most OR (SELECT count(*) FROM latest) < 2000 AS yes
    ), gathered AS MATERIALIZED (
        SELECT p.id, p.uploaded_at FROM photos p
         WHERE NOT (SELECT yes FROM enough)
           AND p.words @@ ((''':' || present_org() || '''')::tsquery && all_words(said))
           AND p.org_id = present_org() AND p.deleted_at IS NULL
           AND (of_project IS NULL OR p.project_id = of_project) AND (p.uploaded_at, p.id) < (before, before_id)
    )
    SELECT f.id, f.uploaded_at
      FROM (SELECT l.id, l.uploaded_at FROM lately l WHERE (SELECT yes FROM enough)
             UNION ALL SELECT g.id, g.uploaded_at FROM gathered g) f
     ORDER BY f.uploaded_at DESC, f.id DESC LIMIT most
$$;
REVOKE ALL ON FUNCTION photos_saying FROM PUBLIC;
GRANT EXECUTE ON FUNCTION photos_saying TO keepsake_api;

-- How many uploads and photos of each actor, in each project, are in which stage: kept as they change, so that nobody
-- has to count. Several rows for one number, so that those who upload at the same time do not wait for each other.
CREATE TABLE progress_counts (
    org_id     uuid NOT NULL REFERENCES organizations,
    actor_id   text NOT NULL,
    project_id uuid,
    stage      text NOT NULL CHECK (stage IN ('uploading', 'uploaded', 'processing', 'embedding', 'ready', 'failed')),
    slot       smallint NOT NULL,
    n          bigint NOT NULL,
    CONSTRAINT progress_counts_one_each UNIQUE NULLS NOT DISTINCT (org_id, actor_id, project_id, stage, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);

-- The first slot that nobody else writes to is ours until the end of the transaction: two that count in another order
-- do not lock each other out. Only who finds seven taken waits in line at the last.
CREATE FUNCTION count_progress(org uuid, actor text, project uuid, of text, by bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    slot int := 0;
    line int := hashtext(concat_ws(' ', org, project, actor));
BEGIN
    WHILE slot < 7 AND NOT pg_try_advisory_xact_lock(line, slot) LOOP
        slot := slot + 1;
    END LOOP;
    INSERT INTO progress_counts AS c VALUES (org, actor, project, of, slot, by)
    ON CONFLICT ON CONSTRAINT progress_counts_one_each DO UPDATE SET n = c.n + excluded.n;
END $$;

-- An upload that is under way is `uploading`; one that ended without a photo of its own is `failed`, or is no more.
CREATE FUNCTION uploads_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_progress(f.org_id, f.actor_id, f.project_id, 'uploading', count(*))
       FROM fresh f GROUP BY f.org_id, f.actor_id, f.project_id;
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_count_new AFTER INSERT ON uploads REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION uploads_count_new();

CREATE FUNCTION uploads_count_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'committed' THEN
        PERFORM count_progress(OLD.org_id, OLD.actor_id, OLD.project_id,
                               CASE OLD.state WHEN 'open' THEN 'uploading' ELSE 'failed' END, -1);
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state <> 'committed' THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, NEW.project_id,
                               CASE NEW.state WHEN 'open' THEN 'uploading' ELSE 'failed' END, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_count_progress AFTER UPDATE OF state ON uploads
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION uploads_count_progress();
CREATE TRIGGER uploads_count_gone AFTER DELETE ON uploads FOR EACH ROW EXECUTE FUNCTION uploads_count_progress();

CREATE FUNCTION photos_count_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.deleted_at IS NULL THEN
        PERFORM count_progress(OLD.org_id, OLD.actor_id, OLD.project_id, OLD.stage, -1);
    END IF;
    IF NEW.deleted_at IS NULL THEN
        PERFORM count_progress(NEW.org_id, NEW.actor_id, NEW.project_id, NEW.stage, 1);
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
CREATE INDEX progress_events_by_actor ON progress_events (org_id, actor_id, xid, id);
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
GRANT SELECT, DELETE ON embeddings TO keepsake_api;
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
