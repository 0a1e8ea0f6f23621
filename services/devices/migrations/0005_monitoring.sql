-- Monitors of variables, as they were set by us and as stations reported them. A station gives the
-- ids, and may give others after a boot.
CREATE TABLE devices.monitor (
    tenant            text COLLATE "C" NOT NULL,
    station           text COLLATE "C" NOT NULL,
    id                bigint NOT NULL,
    component         text NOT NULL,
    instance          text,
    evse              int,
    connector         int,
    variable          text NOT NULL,
    variable_instance text,
    type              text NOT NULL,
    value             double precision NOT NULL,
    severity          int NOT NULL,
    transaction       boolean NOT NULL,
    -- HardWiredMonitor, PreconfiguredMonitor, CustomMonitor; NULL: 2.0.1 does not tell.
    kind              text,
    stream_interval   int,
    stream_values     int,
    active            boolean NOT NULL DEFAULT true,
    source            text NOT NULL,
    changed_at        timestamptz NOT NULL,
    -- The report (requestId) that named it last.
    report            bigint,
    PRIMARY KEY (tenant, station, id)
);

-- What a station monitors as a whole, and the report that is coming in.
CREATE TABLE devices.monitoring (
    tenant        text COLLATE "C" NOT NULL,
    station       text COLLATE "C" NOT NULL,
    base          text,
    base_at       timestamptz,
    level         int,
    level_at      timestamptz,
    -- When all its monitors were reported the last time.
    reported_at   timestamptz,
    report        bigint,
    report_parts  int[] NOT NULL DEFAULT '{}',
    report_last   int,
    PRIMARY KEY (tenant, station)
);
