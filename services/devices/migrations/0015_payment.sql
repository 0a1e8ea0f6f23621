-- OCPP 2.1: how payments at stations ended, and VAT numbers that drivers gave.
CREATE TABLE devices.settlement (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    psp_ref     text NOT NULL,
    status      text NOT NULL,
    at          timestamptz NOT NULL,
    transaction text,
    amount      numeric NOT NULL,
    info        text,
    receipt_id  text,
    receipt_url text,
    company     json,
    vat_number  text,
    -- A station repeats until it is answered; the same outcome at the same time is the same.
    UNIQUE (tenant, station, psp_ref, status, at)
);
CREATE INDEX settlement_station ON devices.settlement (tenant, station, id DESC);
CREATE INDEX settlement_transaction ON devices.settlement (tenant, station, transaction);

CREATE TABLE devices.vat_check (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    number      text NOT NULL,
    evse        bigint,
    status      text NOT NULL,
    reason      text NOT NULL,
    UNIQUE (tenant, station, received_at, message_id)
);
CREATE INDEX vat_check_station ON devices.vat_check (tenant, station, id DESC);
CREATE INDEX vat_check_age ON devices.vat_check (received_at);
