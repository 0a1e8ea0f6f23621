-- The network profiles that stations were given, slot by slot; secrets are not part of them.
CREATE TABLE devices.network_profile (
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    slot       int NOT NULL,
    profile    json NOT NULL,
    status     text NOT NULL,
    reason     text,
    request    uuid NOT NULL,
    set_at     timestamptz NOT NULL,
    -- What the slot held before, as far as we set it.
    previous   json,
    PRIMARY KEY (tenant, station, slot)
);

-- The order in which slots were tried before it was last changed: the way back.
CREATE TABLE devices.network_priority (
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    previous   text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, station)
);
