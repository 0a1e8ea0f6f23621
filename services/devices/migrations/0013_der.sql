-- OCPP 2.1: controls of distributed energy resources (block R), priority charging (K21, K22) and
-- battery swaps (block S).
CREATE TABLE devices.der_control (
    tenant       text COLLATE "C" NOT NULL,
    station      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    type         text NOT NULL,
    is_default   boolean NOT NULL,
    superseded   boolean NOT NULL DEFAULT false,
    running      boolean,
    setting      json NOT NULL,
    set_at       timestamptz,
    confirmed_at timestamptz,
    told_at      timestamptz,
    seen_in      bigint,
    PRIMARY KEY (tenant, station, id)
);

CREATE TABLE devices.der_alarm (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    at          timestamptz NOT NULL,
    type        text NOT NULL,
    fault       text,
    ended       boolean NOT NULL,
    info        text,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX der_alarm_station ON devices.der_alarm (tenant, station, id DESC);

CREATE TABLE devices.priority_charging (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    transaction text NOT NULL,
    activated   boolean NOT NULL,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX priority_charging_station ON devices.priority_charging (tenant, station, id DESC);

CREATE TABLE devices.battery_swap (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    number      bigint NOT NULL,
    event       text NOT NULL,
    token       text NOT NULL,
    token_type  text NOT NULL,
    batteries   json NOT NULL,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX battery_swap_station ON devices.battery_swap (tenant, station, id DESC);
