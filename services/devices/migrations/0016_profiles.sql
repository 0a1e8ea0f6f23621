-- The charging profiles that each station holds, as far as we know. `evse` NULL: it came with a remote
-- start that leaves the EVSE to the station. `seen_in` is the last report (requestId) that named it:
-- when a report is complete, what it should have named and did not is gone.
CREATE TABLE devices.charging_profile (
    tenant       text COLLATE "C" NOT NULL,
    station      text COLLATE "C" NOT NULL,
    source       text COLLATE "C" NOT NULL,
    id           bigint NOT NULL,
    evse         int,
    version      text NOT NULL,
    purpose      text NOT NULL,
    level        int NOT NULL,
    kind         text NOT NULL,
    transaction  text,
    -- Whose remote start brought it, until its transaction is known.
    token        text,
    valid_from   timestamptz,
    valid_to     timestamptz,
    profile      json NOT NULL,
    set_at       timestamptz,
    confirmed_at timestamptz,
    seen_in      bigint,
    PRIMARY KEY (tenant, station, source, id)
);
CREATE INDEX charging_profile_transaction ON devices.charging_profile (tenant, station, transaction)
    WHERE transaction IS NOT NULL;
