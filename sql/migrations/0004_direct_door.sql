-- What the direct door asks of the ledger: uploads of unknown size, multipart uploads, allowances, lists.

-- Some clients say how large a file is only by sending it; what the form door takes is always known.
ALTER TABLE uploads DROP CONSTRAINT uploads_size_is_known;
ALTER TABLE uploads ADD CONSTRAINT uploads_size_is_known CHECK (
    CASE door WHEN 'form' THEN size IS NOT NULL AND mime IS NOT NULL WHEN 'direct' THEN mime IS NOT NULL ELSE true END);

-- What the upload may take up until it is known what it does, and of whose upload token besides the organisation's.
ALTER TABLE uploads ADD COLUMN reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0);
ALTER TABLE uploads ADD COLUMN allowance_id uuid;

-- A multipart upload belongs to one attempt, and nobody signs a part of somebody else's.
ALTER TABLE attempts ADD COLUMN multipart_id text;
CREATE UNIQUE INDEX attempts_by_multipart ON attempts (multipart_id) WHERE multipart_id IS NOT NULL;

-- What an organisation has its photos looked at for, by a service of its own; nothing when empty.
ALTER TABLE organizations ADD COLUMN detection_types text[] NOT NULL DEFAULT '{}';

-- Uploads that have not become a photo, newest first: what is pending, and what failed.
CREATE INDEX uploads_without_photo ON uploads (org_id, created_at DESC, id DESC) WHERE photo_id IS NULL;
CREATE INDEX photos_by_org_and_status ON photos (org_id, status, uploaded_at DESC, id DESC) WHERE deleted_at IS NULL;
DROP INDEX photos_by_org;
CREATE INDEX photos_by_org ON photos (org_id, uploaded_at DESC, id DESC) WHERE deleted_at IS NULL;
DROP INDEX photos_by_project;
CREATE INDEX photos_by_project ON photos (project_id, uploaded_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX photos_by_team ON photos (team_id, uploaded_at DESC, id DESC)
    WHERE team_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX photos_by_location ON photos (location_id, uploaded_at DESC, id DESC)
    WHERE location_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX photos_by_venue ON photos (venue_id, uploaded_at DESC, id DESC)
    WHERE venue_id IS NOT NULL AND deleted_at IS NULL;

-- How full a bucket is by now: what was left in it, and what has dripped into it since.
CREATE FUNCTION tokens_in(b rate_buckets, capacity float8, per_second float8) RETURNS float8 LANGUAGE sql STABLE AS $$
    SELECT least(capacity, b.tokens + per_second * greatest(0, extract(epoch FROM now() - b.refilled_at)))
$$;

-- How much may be uploaded: by an organisation (its row has the organisation's id), or with one upload token.
-- Where there is no row, there is no limit.
CREATE TABLE allowances (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    actor_id   text,
    project_id uuid REFERENCES projects,
    max_files  bigint CHECK (max_files > 0),
    max_bytes  bigint CHECK (max_bytes > 0),
    files      bigint NOT NULL DEFAULT 0 CHECK (files >= 0),
    bytes      bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT allowances_of_tokens_end CHECK (id = org_id OR (expires_at IS NOT NULL AND actor_id IS NOT NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);
CREATE INDEX allowances_by_end ON allowances (expires_at) WHERE expires_at IS NOT NULL;

-- An upload that ends gives back what it reserved and did not use: all of it, unless a new photo came of it.
CREATE FUNCTION uploads_give_back() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    used bigint := CASE WHEN NEW.photo_id = NEW.id THEN (SELECT bytes FROM photos WHERE id = NEW.id) END;
BEGIN
    UPDATE allowances SET files = greatest(0, files - (used IS NULL)::int),
                          bytes = greatest(0, bytes - NEW.reserved + coalesce(used, 0))
     WHERE id IN (NEW.org_id, NEW.allowance_id);
    RETURN NULL;
END $$;
CREATE TRIGGER uploads_give_back AFTER UPDATE OF state ON uploads
    FOR EACH ROW WHEN (OLD.state = 'open' AND NEW.state <> 'open') EXECUTE FUNCTION uploads_give_back();

-- A photo that goes gives its place back to the organisation; a token's is spent.
CREATE FUNCTION photos_give_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE allowances SET files = greatest(0, files - 1), bytes = greatest(0, bytes - OLD.bytes)
     WHERE id = NEW.org_id;
    RETURN NULL;
END $$;
CREATE TRIGGER photos_give_back AFTER UPDATE OF deleted_at ON photos
    FOR EACH ROW WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION photos_give_back();

-- The status of a photo only moves forward; whoever asks for another way has a bug, and is told so.
CREATE FUNCTION photos_move_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (('uploaded', 'processing'), ('uploaded', 'completed'), ('uploaded', 'failed'),
                                        ('uploaded', 'permanently_failed'), ('processing', 'completed'),
                                        ('processing', 'failed'), ('processing', 'permanently_failed'),
                                        ('failed', 'processing'), ('failed', 'permanently_failed'),
                                        ('failed', 'completed'), ('permanently_failed', 'processing')) THEN
        RAISE EXCEPTION 'photo % cannot go from % to %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER photos_move_forward BEFORE UPDATE OF status ON photos
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION photos_move_forward();
