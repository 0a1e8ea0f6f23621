-- The schema's name is a reserved word; it comes first in the search path, so no table names it.
-- Tokens compare without regard to case: `folded` is the id as Python's casefold makes it.
CREATE TABLE token (
    tenant         text COLLATE "C" NOT NULL,
    folded         text COLLATE "C" NOT NULL,
    id             text NOT NULL,
    type           text NOT NULL DEFAULT 'ISO14443',
    status         text NOT NULL DEFAULT 'Accepted',
    group_id       text,
    master_pass    boolean NOT NULL DEFAULT false,
    valid_from     timestamptz,
    valid_to       timestamptz,
    language       text,
    evse_types     text[],
    stations       text[],
    concurrent_max integer,
    created_at     timestamptz NOT NULL DEFAULT now(),
    changed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, folded)
);
CREATE INDEX token_group ON token (tenant, group_id) WHERE group_id IS NOT NULL;

-- Places among the sessions that a token may have at a time: held by a transaction until it ends, or
-- for a short time by a station at which the token was accepted and has not started yet.
CREATE TABLE place (
    tenant     text COLLATE "C" NOT NULL,
    folded     text COLLATE "C" NOT NULL,
    station    text COLLATE "C" NOT NULL,
    -- the ledger's id of the transaction; empty for a station that has not started
    transaction text COLLATE "C" NOT NULL DEFAULT '',
    ended      boolean NOT NULL DEFAULT false,
    taken_at   timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, folded, station, transaction),
    FOREIGN KEY (tenant, folded) REFERENCES token ON DELETE CASCADE
);
CREATE INDEX place_transaction ON place (tenant, transaction) WHERE transaction <> '';
CREATE INDEX place_expires ON place (expires_at);

-- Tokens that stations presented and nobody registered: candidates for registration.
CREATE TABLE seen (
    tenant   text COLLATE "C" NOT NULL,
    folded   text COLLATE "C" NOT NULL,
    id       text NOT NULL,
    type     text NOT NULL,
    station  text NOT NULL,
    times    bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant, folded)
);
CREATE INDEX seen_last ON seen (last_at);
