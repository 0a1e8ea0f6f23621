-- The device model of each station: variables, and of each the attributes. `place` is all names of a
-- variable folded into one text, which compares without regard to case and sorts by component.
CREATE TABLE devices.variable (
    tenant              text COLLATE "C" NOT NULL,
    station             text COLLATE "C" NOT NULL,
    place               text COLLATE "C" NOT NULL,
    -- The names as the station last told them; `key` is what 1.6 calls it.
    component           text NOT NULL,
    instance            text,
    evse                int,
    connector           int,
    variable            text NOT NULL,
    variable_instance   text,
    key                 text,
    unit                text,
    data_type           text,
    min_limit           double precision,
    max_limit           double precision,
    max_elements        int,
    values_list         text,
    supports_monitoring boolean,
    named_at            timestamptz NOT NULL,
    PRIMARY KEY (tenant, station, place)
);

CREATE TABLE devices.attribute (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    place       text COLLATE "C" NOT NULL,
    type        text COLLATE "C" NOT NULL,
    value       text,
    -- Was set, and takes effect with the next boot.
    pending     text,
    pending_at  timestamptz,
    mutability  text,
    persistent  boolean,
    constant    boolean,
    reported_at timestamptz NOT NULL,
    source      text NOT NULL,
    PRIMARY KEY (tenant, station, place, type),
    FOREIGN KEY (tenant, station, place) REFERENCES devices.variable ON DELETE CASCADE
);
CREATE INDEX attribute_pending ON devices.attribute (tenant, station) WHERE pending IS NOT NULL;

-- Stations that take fewer items in a message than they say.
CREATE TABLE devices.batch_limit (
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    action     text NOT NULL,
    items_max  int NOT NULL,
    learned_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, station, action)
);

-- Reports whose parts are awaited. `due_at` is when to look again, and taking one moves it: of
-- several instances one acts, and if that one dies, another does later. NULL: nothing is awaited.
CREATE TABLE devices.inquiry (
    request     uuid PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    version     text NOT NULL,
    action      text NOT NULL,
    base        text,
    -- With which firmware the station had booted when it was asked.
    firmware    text,
    number      bigint NOT NULL,
    asked_at    timestamptz NOT NULL,
    repeated_at timestamptz NOT NULL,
    repeats     int NOT NULL DEFAULT 0,
    repeats_max int NOT NULL DEFAULT 0,
    due_at      timestamptz
);
CREATE INDEX inquiry_due ON devices.inquiry (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX inquiry_station ON devices.inquiry (tenant, station) WHERE due_at IS NOT NULL;

-- The inventory that follows a boot: at first contact and after a change of firmware (B07.FR.14).
CREATE TABLE devices.inventory (
    tenant       text COLLATE "C" NOT NULL,
    station      text COLLATE "C" NOT NULL,
    version      text NOT NULL,
    booted_at    timestamptz NOT NULL,
    firmware     text NOT NULL,
    -- The firmware of which everything is known; NULL: never told in full.
    known        text,
    completed_at timestamptz,
    attempts     int NOT NULL DEFAULT 0,
    due_at       timestamptz,
    PRIMARY KEY (tenant, station)
);
CREATE INDEX inventory_due ON devices.inventory (due_at) WHERE due_at IS NOT NULL;

-- When nobody waits for the rest of a report any more.
ALTER TABLE devices.request ADD COLUMN given_up_at timestamptz;
