-- Starts of stations that told of other firmware than before, or of an update.
CREATE TABLE devices.firmware_boot (
    tenant   text COLLATE "C" NOT NULL,
    station  text COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL,
    firmware text,
    previous text,
    reason   text,
    PRIMARY KEY (tenant, station, at)
);
