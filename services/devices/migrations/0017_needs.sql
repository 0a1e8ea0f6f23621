-- What cars said by ISO 15118 that they need and plan, and the limits that others impose.
CREATE TABLE devices.charging_need (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    evse        int NOT NULL,
    answer      text NOT NULL,
    max_periods int,
    needs       json NOT NULL,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX charging_need_station ON devices.charging_need (tenant, station, id DESC);
CREATE INDEX charging_need_age ON devices.charging_need (received_at);

CREATE TABLE devices.ev_schedule (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    evse        int NOT NULL,
    answer      text NOT NULL,
    begins_at   timestamptz NOT NULL,
    schedule    json NOT NULL,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX ev_schedule_station ON devices.ev_schedule (tenant, station, id DESC);
CREATE INDEX ev_schedule_age ON devices.ev_schedule (received_at);

CREATE TABLE devices.charging_limit (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant           text COLLATE "C" NOT NULL,
    station          text COLLATE "C" NOT NULL,
    evse             int NOT NULL,
    source           text NOT NULL,
    grid_critical    boolean,
    local_generation boolean,
    schedules        json NOT NULL,
    told_at          timestamptz NOT NULL,
    cleared_at       timestamptz
);
-- A source has one limit at a time on an EVSE.
CREATE UNIQUE INDEX charging_limit_active ON devices.charging_limit (tenant, station, evse, source)
    WHERE cleared_at IS NULL;
CREATE INDEX charging_limit_station ON devices.charging_limit (tenant, station, id DESC);
CREATE INDEX charging_limit_cleared ON devices.charging_limit (cleared_at)
    WHERE cleared_at IS NOT NULL;
