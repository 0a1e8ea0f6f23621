-- What stations report, as it came in. `json` and not `jsonb`: it keeps the text, and takes escapes
-- (\u0000) that jsonb refuses. A message that the edge sent twice has the same time and id.
CREATE TABLE devices.report (
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    message_id  text COLLATE "C" NOT NULL,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    version     text NOT NULL,
    action      text NOT NULL,
    payload     json NOT NULL,
    PRIMARY KEY (tenant, station, received_at, message_id)
) PARTITION BY RANGE (received_at);
CREATE INDEX report_action ON devices.report (tenant, station, action, received_at);
CREATE TABLE devices.report_rest PARTITION OF devices.report DEFAULT;

-- One partition per week: makes those of this week and the next, drops those that are older than
-- asked, and answers how many it dropped. Several instances may call it at once.
CREATE FUNCTION devices.keep_reports(days integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    monday  timestamptz := date_trunc('week', now());
    begins  timestamptz;
    name    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('devices.report', 0));
    FOREACH begins IN ARRAY ARRAY[monday, monday + interval '7 days'] LOOP
        name := 'report_' || to_char(begins, 'YYYYMMDD');
        IF to_regclass('devices.' || name) IS NULL THEN
            BEGIN
                EXECUTE format(
                    'CREATE TABLE devices.%I PARTITION OF devices.report FOR VALUES FROM (%L) TO (%L)',
                    name, begins, begins + interval '7 days');
            EXCEPTION WHEN check_violation THEN
                -- Rows of this week came before its partition: they stay where they are.
                RAISE NOTICE 'no partition % this time', name;
            END;
        END IF;
    END LOOP;
    DELETE FROM devices.report_rest WHERE received_at < now() - make_interval(days => days);
    FOR name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'devices.report'::regclass AND relname ~ '^report_\d{8}$'
          AND to_date(right(relname, 8), 'YYYYMMDD') + 7 < now() - make_interval(days => days)
    LOOP
        EXECUTE format('DROP TABLE devices.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
SELECT devices.keep_reports(90);
