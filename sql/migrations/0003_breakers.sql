-- Which providers are left alone for a while: one row per circuit breaker, shared by all containers.

-- A row appears when its breaker opens for the first time. Whoever wants a longer pause sets opened_at into the future.
CREATE TABLE breakers (
    name               text PRIMARY KEY CHECK (char_length(name) BETWEEN 1 AND 64),
    state              text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
    failure_count      int NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    opened_at          timestamptz CHECK (isfinite(opened_at)),
    half_open_owner    text,
    probe_lease_expiry timestamptz CHECK (isfinite(probe_lease_expiry)),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT breakers_open_since CHECK ((state = 'closed') = (opened_at IS NULL)),
    CONSTRAINT breakers_probe_has_one_owner CHECK (
        (state = 'half_open') = (half_open_owner IS NOT NULL)
        AND (half_open_owner IS NULL) = (probe_lease_expiry IS NULL))
);
