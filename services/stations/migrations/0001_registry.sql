-- Identities sort by their bytes, as Python sorts them: every batch locks rows in the same order,
-- so instances that write the same stations at once wait for each other and never dead-lock.

CREATE TABLE stations.station (
    key              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant           text COLLATE "C" NOT NULL,
    identity         text COLLATE "C" NOT NULL,
    registration     text NOT NULL DEFAULT 'Accepted',
    security_profile smallint NOT NULL DEFAULT 0,
    secret_text      text,
    secret_octets    text,
    strict           boolean NOT NULL DEFAULT false,
    vendor           text,
    model            text,
    serial_number    text,
    firmware         text,
    iccid            text,
    imsi             text,
    boot_status      text,
    booted_at        timestamptz,
    boot_reason      text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant, identity)
);
CREATE INDEX station_identity ON stations.station (identity);

-- The epoch of sockets: one sequence for the whole platform, so the greater is the newer.
CREATE SEQUENCE stations.epoch;

-- Apart from the registry because it changes with every connection: small rows, updated in place.
CREATE TABLE stations.presence (
    key          bigint PRIMARY KEY REFERENCES stations.station ON DELETE CASCADE,
    online       boolean NOT NULL DEFAULT false,
    epoch        bigint NOT NULL DEFAULT 0,
    closed_epoch bigint NOT NULL DEFAULT 0,
    asked_epoch  bigint NOT NULL DEFAULT 0,
    edge         text,
    version      text,
    since        timestamptz
) WITH (fillfactor = 70);
CREATE INDEX presence_online ON stations.presence (edge) WHERE online;

CREATE TABLE stations.edge (
    edge         text PRIMARY KEY,
    expires_at   timestamptz NOT NULL,
    mismatches   integer NOT NULL DEFAULT 0,
    rostered_at  timestamptz,
    roster_begun timestamptz
);

-- Who was named in the parts of a roster that is still being sent.
CREATE TABLE stations.roster (
    edge text NOT NULL,
    key  bigint NOT NULL,
    PRIMARY KEY (edge, key)
);
