-- What a tenant has vendors' messages answered when nobody on the bus understands them.
CREATE TABLE devices.vendor_handler (
    tenant     text COLLATE "C" NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    policy     text NOT NULL,
    messages   text[],
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, vendor)
);

-- DataTransfer both ways, with what was answered.
CREATE TABLE devices.transfer (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    at         timestamptz NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    direction  text NOT NULL,
    vendor     text NOT NULL,
    message    text,
    data       json,
    status     text NOT NULL,
    answer     json,
    request    uuid,
    UNIQUE (tenant, station, at, message_id)
);
CREATE INDEX transfer_station ON devices.transfer (tenant, station, id DESC);
CREATE INDEX transfer_age ON devices.transfer (at);
