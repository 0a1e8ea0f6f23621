-- What stations reported to be wrong, and incidents that group the repeats of a fault at an EVSE.
-- EVSE 0 is the station as a whole.
CREATE TABLE devices.incident (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    evse        int NOT NULL,
    code        text COLLATE "C" NOT NULL,
    source      text NOT NULL,
    -- What it is about, so that a later message can say that it is mended.
    about       text NOT NULL,
    -- Whether the station will say so; else it closes after a time of quiet.
    lasting     boolean NOT NULL,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    closed_at   timestamptz,
    count       int NOT NULL,
    severity    int,
    vendor_code text,
    info        text
);
CREATE UNIQUE INDEX incident_open ON devices.incident (tenant, station, evse, code)
    WHERE closed_at IS NULL;
CREATE INDEX incident_station ON devices.incident (tenant, station, evse, code, last_at);
CREATE INDEX incident_seen ON devices.incident (tenant, last_at DESC, id DESC);
CREATE INDEX incident_quiet ON devices.incident (last_at) WHERE closed_at IS NULL AND NOT lasting;

CREATE TABLE devices.fault (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    -- What makes it this fault: a message that comes twice tells it once.
    key         text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    evse        int NOT NULL,
    connector   int NOT NULL,
    source      text NOT NULL,
    code        text COLLATE "C" NOT NULL,
    said        text NOT NULL,
    vendor_code text,
    info        text,
    severity    int,
    incident    uuid,
    PRIMARY KEY (tenant, station, received_at, number)
) PARTITION BY RANGE (received_at);
CREATE INDEX fault_key ON devices.fault (tenant, station, at, key);
CREATE TABLE devices.fault_rest PARTITION OF devices.fault DEFAULT;
