-- The local authorization list that a station should have, and what is known of the one that it has.
CREATE TABLE local_list (
    tenant          text COLLATE "C" NOT NULL,
    station         text COLLATE "C" NOT NULL,
    -- none, entries (of local_list_given), or rule
    mode            text NOT NULL DEFAULT 'none',
    rule            jsonb,
    sync            boolean NOT NULL DEFAULT false,
    -- the OCPP version in which the list was sent: another one says it otherwise
    protocol        text,
    -- of the last list that the station took
    version         integer NOT NULL DEFAULT 0,
    -- whether local_list_held is what the station has
    known           boolean NOT NULL DEFAULT false,
    supported       boolean,
    failures        integer NOT NULL DEFAULT 0,
    items_max       integer,
    station_version integer,
    checked_at      timestamptz,
    limits          jsonb,
    -- tokens (folded) that a customer had the station forget: off the list until an operator says
    -- anew what is on it (N10.FR.02)
    without         text[] NOT NULL DEFAULT '{}',
    -- those of them that are still to be taken off
    removing        text[] NOT NULL DEFAULT '{}',
    -- compare versions before anything is sent
    check_due       boolean NOT NULL DEFAULT false,
    -- when to look at it; NULL: when something happens
    due_at          timestamptz,
    -- one at a time speaks with a station about its list
    claimed_until   timestamptz,
    last            jsonb,
    PRIMARY KEY (tenant, station)
);
CREATE INDEX local_list_due ON local_list (due_at) WHERE due_at IS NOT NULL;

-- What an operator put on it.
CREATE TABLE local_list_given (
    tenant  text COLLATE "C" NOT NULL,
    station text COLLATE "C" NOT NULL,
    place   integer NOT NULL,
    entry   jsonb NOT NULL,
    PRIMARY KEY (tenant, station, place),
    FOREIGN KEY (tenant, station) REFERENCES local_list ON DELETE CASCADE
);

-- What the station has, as far as we know.
CREATE TABLE local_list_held (
    tenant  text COLLATE "C" NOT NULL,
    station text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    entry   jsonb NOT NULL,
    PRIMARY KEY (tenant, station, key),
    FOREIGN KEY (tenant, station) REFERENCES local_list ON DELETE CASCADE
);
