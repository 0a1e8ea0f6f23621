-- The ledger. A session is one row whose body holds the state of its fold; what stations said is kept
-- as it came, in partitions by time of arrival (a clock of ours: stations' own clocks may say anything).

CREATE SEQUENCE transaction_number AS integer MINVALUE 1 CYCLE;
COMMENT ON SEQUENCE transaction_number IS 'The transactionId that 1.6 stations are given.';

CREATE SEQUENCE remote_start_number AS integer MINVALUE 1 CYCLE;

CREATE TABLE session (
    id uuid PRIMARY KEY,
    tenant text NOT NULL,
    station text NOT NULL,
    transaction text NOT NULL,
    version text NOT NULL,
    start_key bytea,
    mark bigint NOT NULL,
    active boolean NOT NULL,
    evse integer,
    token text,
    flags integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    heard_at timestamptz NOT NULL,
    due_at timestamptz,
    available_at timestamptz,
    body bytea NOT NULL
-- Room on each page, so that updates stay on it and touch no index.
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
COMMENT ON COLUMN session.start_key IS '1.6: connector, idTag, timestamp and meterStart; the same start again is the same session.';
COMMENT ON COLUMN session.mark IS 'Changes with each write: who computed from another mark computes again.';
COMMENT ON COLUMN session.due_at IS 'When the rules look at it next.';
COMMENT ON COLUMN session.available_at IS 'Since when its connector says Available though the session is active.';

CREATE UNIQUE INDEX session_name ON session (tenant, station, transaction);
CREATE UNIQUE INDEX session_start ON session (tenant, station, start_key) WHERE start_key IS NOT NULL;
CREATE INDEX session_newest ON session (tenant, started_at, id);
CREATE INDEX session_of_station ON session (tenant, station, started_at, id);
CREATE INDEX session_of_token ON session (tenant, lower(token), started_at, id);
CREATE INDEX session_active ON session (tenant, started_at, id) WHERE active;
CREATE INDEX session_active_of_station ON session (tenant, station, evse) WHERE active;
CREATE INDEX session_flagged ON session (tenant, started_at, id) WHERE flags <> 0;
CREATE INDEX session_due ON session (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE nameless (
    tenant text NOT NULL,
    station text NOT NULL,
    digest bytea NOT NULL,
    transaction text NOT NULL,
    PRIMARY KEY (tenant, station, digest)
);
COMMENT ON TABLE nameless IS '1.6 messages with transactionId -1, and the session that each was put to.';

CREATE TABLE entry (
    session uuid NOT NULL,
    received_at timestamptz NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX entry_of_session ON entry (session);
CREATE TABLE entry_default PARTITION OF entry DEFAULT;
COMMENT ON COLUMN entry.body IS 'The payload as it came.';

CREATE TABLE reading (
    tenant text NOT NULL,
    station text NOT NULL,
    evse integer NOT NULL,
    received_at timestamptz NOT NULL,
    version text NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX reading_of_station ON reading (tenant, station, received_at);
CREATE TABLE reading_default PARTITION OF reading DEFAULT;
COMMENT ON TABLE reading IS 'MeterValues that belong to no session; EVSE 0 is the main meter.';

CREATE TABLE quarantine (
    tenant text NOT NULL,
    station text NOT NULL,
    received_at timestamptz NOT NULL,
    version text NOT NULL,
    action text NOT NULL,
    transaction text,
    reason text NOT NULL,
    body bytea NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX quarantine_of_station ON quarantine (tenant, station, received_at);
CREATE TABLE quarantine_default PARTITION OF quarantine DEFAULT;
COMMENT ON TABLE quarantine IS 'Messages that do not conform, whatever could be read of them.';

CREATE TABLE cdr (
    id uuid PRIMARY KEY,
    tenant text NOT NULL,
    station text NOT NULL,
    token text,
    session uuid NOT NULL,
    revision integer NOT NULL,
    body jsonb NOT NULL,
    UNIQUE (session, revision)
);
CREATE INDEX cdr_newest ON cdr (tenant, id);
CREATE INDEX cdr_of_station ON cdr (tenant, station, id);
CREATE INDEX cdr_of_token ON cdr (tenant, lower(token), id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A charge detail record is never changed: correct it by a new one.';
END
$$;
CREATE TRIGGER cdr_is_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON cdr
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE remote_start (
    tenant text NOT NULL,
    number integer NOT NULL,
    station text NOT NULL,
    token text NOT NULL,
    evse integer,
    at timestamptz NOT NULL,
    session uuid,
    PRIMARY KEY (tenant, station, number)
);
CREATE INDEX remote_start_waiting ON remote_start (tenant, station, at) WHERE session IS NULL;
