-- The newest status that was heard of a connector: events come in any order, and a fault that comes
-- after the status that ended it is over.
CREATE TABLE devices.connector_heard (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    about       text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    code        text,
    PRIMARY KEY (tenant, station, about)
);
