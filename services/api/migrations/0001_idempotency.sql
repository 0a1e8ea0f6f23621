-- The answers to writes that carried an Idempotency-Key, for a day. A row without a status is being worked on.
CREATE TABLE idempotency (
    tenant      text        NOT NULL,
    operator    text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    attempt     uuid        NOT NULL,
    lease_until timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    status      smallint,
    headers     text,
    body        bytea,
    PRIMARY KEY (tenant, operator, key)
);

CREATE INDEX idempotency_created_at ON idempotency (created_at);
