-- Who may put photos where: organisations, their members, and the targets a photo can complete.

CREATE TABLE organizations (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    store      text NOT NULL DEFAULT 's3' CHECK (store IN ('s3', 'cloudinary', 'imagekit')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN organizations.store IS 'Where the photos of its hunts live, and of every target that names no store of its own.';

CREATE TABLE memberships (
    org_id     uuid NOT NULL REFERENCES organizations,
    actor_id   text NOT NULL CHECK (char_length(actor_id) BETWEEN 1 AND 255),
    role       text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'service')),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (org_id, actor_id)
);

CREATE TABLE projects (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    store      text CHECK (store IN ('s3', 'cloudinary', 'imagekit')),
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX projects_by_org ON projects (org_id);

CREATE TABLE hunts (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hunts_by_org ON hunts (org_id);

CREATE TABLE teams (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    hunt_id    uuid NOT NULL REFERENCES hunts,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX teams_by_hunt ON teams (hunt_id);

CREATE TABLE locations (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    hunt_id    uuid NOT NULL REFERENCES hunts,
    title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX locations_by_hunt ON locations (hunt_id);

CREATE TABLE venues (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organizations,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    store      text CHECK (store IN ('s3', 'cloudinary', 'imagekit')),
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX venues_by_org ON venues (org_id);

-- One token bucket per user and policy. The row remembers whether its last ask was granted,
-- so that one statement can both take a token and say so.
CREATE TABLE rate_buckets (
    key         text PRIMARY KEY,
    tokens      double precision NOT NULL CHECK (tokens >= 0),
    refilled_at timestamptz NOT NULL,
    granted     boolean NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200);
