-- Events of the device model (NotifyEvent), each a row.
CREATE TABLE devices.event (
    tenant            text COLLATE "C" NOT NULL,
    station           text COLLATE "C" NOT NULL,
    received_at       timestamptz NOT NULL,
    message_id        text COLLATE "C" NOT NULL,
    -- Its place in the message.
    position          int NOT NULL,
    number            bigint GENERATED ALWAYS AS IDENTITY,
    event             bigint NOT NULL,
    at                timestamptz NOT NULL,
    trigger           text NOT NULL,
    cause             bigint,
    value             text NOT NULL,
    tech_code         text,
    tech_info         text,
    cleared           boolean,
    transaction       text,
    component         text NOT NULL,
    instance          text,
    evse              int,
    connector         int,
    variable          text NOT NULL,
    variable_instance text,
    monitor           bigint,
    kind              text NOT NULL,
    severity          int,
    PRIMARY KEY (tenant, station, received_at, message_id, position)
) PARTITION BY RANGE (received_at);
-- A station that repeats a message tells the same event again.
CREATE INDEX event_same ON devices.event (tenant, station, at, event);
CREATE TABLE devices.event_rest PARTITION OF devices.event DEFAULT;
