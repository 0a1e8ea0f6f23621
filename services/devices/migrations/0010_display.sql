-- What each station shows, as far as we know. `seen_in` is the last report (requestId) that named
-- it: when a report is complete, what it should have named and did not is gone.
CREATE TABLE devices.display (
    tenant       text COLLATE "C" NOT NULL,
    station      text COLLATE "C" NOT NULL,
    id           bigint NOT NULL,
    priority     text NOT NULL,
    state        text,
    starts_at    timestamptz,
    ends_at      timestamptz,
    transaction  text,
    message      json NOT NULL,
    set_at       timestamptz,
    confirmed_at timestamptz,
    seen_in      bigint,
    PRIMARY KEY (tenant, station, id)
);
CREATE INDEX display_transaction ON devices.display (tenant, station, transaction)
    WHERE transaction IS NOT NULL;
CREATE INDEX display_end ON devices.display (ends_at) WHERE ends_at IS NOT NULL;
