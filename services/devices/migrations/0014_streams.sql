-- OCPP 2.1: periodic event streams (N11 to N15). `lag` is how many values waited at the last
-- messages in turn, the newest last; it begins anew when the station is asked to send otherwise.
CREATE TABLE devices.stream (
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    id         bigint NOT NULL,
    monitor    bigint NOT NULL,
    interval   int,
    batch      int,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    received   bigint NOT NULL DEFAULT 0,
    lag        int[] NOT NULL DEFAULT '{}',
    last_at    timestamptz,
    last_value text,
    adjusted   int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, station, id)
);

CREATE TABLE devices.stream_value (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    stream      bigint NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    part        int NOT NULL,
    at          timestamptz NOT NULL,
    value       text NOT NULL,
    PRIMARY KEY (tenant, station, stream, received_at, message_id, part)
) PARTITION BY RANGE (received_at);
CREATE INDEX stream_value_at ON devices.stream_value (tenant, station, stream, at);
CREATE TABLE devices.stream_value_rest PARTITION OF devices.stream_value DEFAULT;

CREATE TABLE devices.stream_settings (
    tenant      text COLLATE "C" PRIMARY KEY,
    accept      boolean NOT NULL DEFAULT true,
    streams_max int NOT NULL DEFAULT 100,
    adjust      boolean NOT NULL DEFAULT true
);
