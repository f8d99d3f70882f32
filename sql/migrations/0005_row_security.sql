-- The second wall between organisations: what the API asks for without saying for whom, it does not get.

-- Two roles that nobody logs in as by themselves: give each login of a deployment one of them. keepsake_api serves
-- clients and sees one organisation at a time; keepsake_worker does the work that belongs to nobody in particular.
-- Roles are the server's, not the database's: another database may have made them already.
DO $$
BEGIN
    CREATE ROLE keepsake_api NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
    CREATE ROLE keepsake_worker NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- Null while nobody said for whom: nothing equals null, so nothing is seen.
CREATE FUNCTION present_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('keepsake.org_id', true), '')::uuid;

GRANT SELECT ON organizations, memberships, projects, hunts, teams, locations, venues TO keepsake_api;
GRANT SELECT, INSERT, UPDATE ON uploads, attempts, photos, hunt_progress, outbox, allowances, rate_buckets, breakers
   TO keepsake_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO keepsake_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO keepsake_api, keepsake_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO keepsake_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO keepsake_api, keepsake_worker;
REVOKE ALL ON schema_migrations FROM keepsake_api, keepsake_worker;
-- Whoever asks for our health is told whether the ledger is there.
GRANT SELECT ON schema_migrations TO keepsake_api, keepsake_worker;

DO $$
DECLARE
    of text;
BEGIN
    FOREACH of IN ARRAY ARRAY['memberships', 'projects', 'hunts', 'teams', 'locations', 'venues', 'uploads',
                              'photos', 'hunt_progress', 'outbox', 'allowances'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', of);
        EXECUTE format('CREATE POLICY one_organization ON %I TO keepsake_api USING (org_id = (SELECT present_org()))',
                       of);
        EXECUTE format('CREATE POLICY everybody ON %I TO keepsake_worker USING (true)', of);
    END LOOP;
END $$;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON organizations TO keepsake_api USING (id = (SELECT present_org()));
CREATE POLICY everybody ON organizations TO keepsake_worker USING (true);

-- An attempt says whose it is by its name, which begins {stage}/{organisation}/.
ALTER TABLE attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON attempts TO keepsake_api
    USING (split_part(object_name, '/', 2) = (SELECT present_org())::text);
CREATE POLICY everybody ON attempts TO keepsake_worker USING (true);

-- And a bucket by its key, which is {policy}:{organisation}:{actor}.
ALTER TABLE rate_buckets ENABLE ROW LEVEL SECURITY;
CREATE POLICY one_organization ON rate_buckets TO keepsake_api
    USING (split_part(key, ':', 2) = (SELECT present_org())::text);
CREATE POLICY everybody ON rate_buckets TO keepsake_worker USING (true);
