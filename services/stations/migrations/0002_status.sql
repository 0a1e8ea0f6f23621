-- EVSE 0, connector 0 is the station; connector 0 of an EVSE is the EVSE itself.
CREATE TABLE stations.connector (
    key               bigint NOT NULL REFERENCES stations.station ON DELETE CASCADE,
    evse              integer NOT NULL,
    connector         integer NOT NULL,
    type              text,
    status            text,
    error_code        text,
    info              text,
    vendor_error_code text,
    since             timestamptz,
    reported_at       timestamptz,
    received_at       timestamptz,
    PRIMARY KEY (key, evse, connector)
) WITH (fillfactor = 80);

CREATE TABLE stations.status_change (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL,
    key         bigint NOT NULL,
    at          timestamptz NOT NULL,
    evse        integer NOT NULL,
    connector   integer NOT NULL,
    status      text NOT NULL,
    error_code  text,
    info        text,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX status_change_newest ON stations.status_change (key, at DESC, id DESC);
CREATE TABLE stations.status_change_rest PARTITION OF stations.status_change DEFAULT;
