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

-- One partition per week: makes those of this week and the next, drops those that are older than
-- asked, and answers how many it dropped. Several instances may call it at once.
CREATE FUNCTION stations.keep_history(days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    monday  timestamptz := date_trunc('week', now());
    begins  timestamptz;
    name    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('stations.status_change', 0));
    FOREACH begins IN ARRAY ARRAY[monday, monday + interval '7 days'] LOOP
        name := 'status_change_' || to_char(begins, 'YYYYMMDD');
        IF to_regclass('stations.' || name) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE stations.%I PARTITION OF stations.status_change FOR VALUES FROM (%L) TO (%L)',
                    name, begins, begins + interval '7 days');
            EXCEPTION WHEN check_violation THEN
                -- Rows of this week came before its partition: they stay where they are.
                RAISE NOTICE 'no partition % this time', name;
            END;
        END IF;
    END LOOP;
    DELETE FROM stations.status_change_rest WHERE received_at < now() - make_interval(days => days);
    FOR name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'stations.status_change'::regclass AND relname ~ '^status_change_\d{8}$'
          AND to_date(right(relname, 8), 'YYYYMMDD') + 7 < now() - make_interval(days => days)
    LOOP
        EXECUTE format('DROP TABLE stations.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
SELECT stations.keep_history(90);
