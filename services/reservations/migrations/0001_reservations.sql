-- Every reservation that a station was asked for, and what became of it.
CREATE TABLE reservations.reservation (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant         text COLLATE "C" NOT NULL,
    station        text COLLATE "C" NOT NULL,
    -- its number at the station
    number         integer NOT NULL,
    state          text NOT NULL,
    -- NULL: the station never connected
    version        text,
    token          text NOT NULL,
    -- the token as casefold makes it: tokens compare without regard to case
    folded         text COLLATE "C" NOT NULL,
    token_type     text,
    group_id       text,
    evse           integer,
    connector_type text,
    expires_at     timestamptz NOT NULL,
    answer         text,
    reason         text,
    asked_by       text NOT NULL,
    -- the raw call that made it, seen at least once
    request        text,
    transaction    text,
    made_at        timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz,
    -- a cancellation is under way: its own status must not look like a removal
    cancelling_at  timestamptz
);
CREATE INDEX reservation_tenant ON reservations.reservation (tenant, id);
CREATE INDEX reservation_station ON reservations.reservation (tenant, station, id);
CREATE INDEX reservation_number ON reservations.reservation (tenant, station, number, id);
CREATE INDEX reservation_open ON reservations.reservation (expires_at)
    WHERE state IN ('asked', 'active', 'uncertain');
CREATE UNIQUE INDEX reservation_request ON reservations.reservation (tenant, request)
    WHERE request IS NOT NULL;

-- What stations said of numbers that we did not know yet: the news of an operator's raw call may come
-- later than what follows from it.
CREATE TABLE reservations.word (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    number      integer NOT NULL,
    why         text NOT NULL,
    transaction text,
    at          timestamptz NOT NULL,
    heard_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX word_number ON reservations.word (tenant, station, number);

-- The last number that we gave out for each station.
CREATE TABLE reservations.number (
    tenant  text COLLATE "C" NOT NULL,
    station text COLLATE "C" NOT NULL,
    last    integer NOT NULL,
    PRIMARY KEY (tenant, station)
);
