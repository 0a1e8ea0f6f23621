-- What should be set. `body` is settings and selector as JSON; a value in it may be secret.
-- `scan_after`: its stations are being looked for, from this identity on; NULL: all were found.
CREATE TABLE devices.template (
    tenant     text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    body       text NOT NULL,
    priority   int NOT NULL,
    enforce    boolean NOT NULL,
    reboot     text NOT NULL,
    changed_at timestamptz NOT NULL,
    scan_after text COLLATE "C",
    scan_force boolean NOT NULL DEFAULT false,
    scan_until timestamptz,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX template_scan ON devices.template (changed_at) WHERE scan_after IS NOT NULL;

-- A station that templates are for. `due_at` is when to see to it; taking one sets `held_until`: of
-- several instances one acts, and if that one dies, another does later. `memory` is what was tried,
-- as JSON, with digests instead of values.
CREATE TABLE devices.template_station (
    tenant     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    due_at     timestamptz,
    forced     boolean NOT NULL DEFAULT false,
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    attempts   int NOT NULL DEFAULT 0,
    memory     text NOT NULL DEFAULT '{}',
    seen_to_at timestamptz,
    problem    text,
    PRIMARY KEY (tenant, station)
);
CREATE INDEX template_station_due ON devices.template_station (due_at) WHERE due_at IS NOT NULL;

-- The worst state of a station's settings, by template.
CREATE TABLE devices.template_progress (
    tenant   text COLLATE "C" NOT NULL,
    template text COLLATE "C" NOT NULL,
    station  text COLLATE "C" NOT NULL,
    state    text NOT NULL,
    PRIMARY KEY (tenant, template, station)
);
CREATE INDEX template_progress_station ON devices.template_progress (tenant, station);
