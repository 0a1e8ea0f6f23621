-- What stations told of customers. Personal: kept apart from the reports, for a shorter time, and
-- deleted on request.
CREATE TABLE devices.customer (
    request    uuid PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    number     bigint NOT NULL,
    asked_at   timestamptz NOT NULL,
    subject    json NOT NULL,
    report     boolean NOT NULL,
    clear      boolean NOT NULL
);
CREATE INDEX customer_station ON devices.customer (tenant, station, asked_at DESC, request DESC);
CREATE INDEX customer_age ON devices.customer (asked_at);

-- Parts may come before the answer to their request is known here, and of requests that nobody
-- made; `number` is the requestId.
CREATE TABLE devices.customer_part (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    number      bigint NOT NULL,
    part        int NOT NULL,
    more        boolean NOT NULL,
    data        text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, station, number, part)
);
CREATE INDEX customer_part_age ON devices.customer_part (received_at);
