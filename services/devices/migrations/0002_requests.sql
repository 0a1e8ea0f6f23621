-- What stations were asked, before the answer is known: the messages that it causes may come with it.
CREATE TABLE devices.request (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant      text COLLATE "C" NOT NULL,
    station     text COLLATE "C" NOT NULL,
    version     text NOT NULL,
    action      text NOT NULL,
    payload     json NOT NULL,
    asked_by    text NOT NULL,
    asked_at    timestamptz NOT NULL,
    wait_until  timestamptz NOT NULL,
    -- What later messages name it by: its family, and there the numbers (requestId) that it was
    -- sent with; it has several where lost parts were asked for again.
    family      text,
    numbers     bigint[] NOT NULL DEFAULT '{}',
    repeats     int NOT NULL DEFAULT 0,
    -- The outcome, NULL until it is known; then what follows from it here, tried again if it failed.
    outcome     text,
    followed    boolean NOT NULL DEFAULT false,
    tries       int NOT NULL DEFAULT 0,
    answered_at timestamptz,
    answer      json,
    code        text,
    description text,
    details     json
);
CREATE INDEX request_station ON devices.request (tenant, station, asked_at DESC, id DESC);
CREATE INDEX request_family ON devices.request (tenant, station, family, asked_at DESC)
    WHERE family IS NOT NULL;
CREATE INDEX request_unfollowed ON devices.request (answered_at)
    WHERE outcome = 'answered' AND NOT followed;
CREATE INDEX request_age ON devices.request (asked_at);

ALTER TABLE devices.report ADD COLUMN request uuid, ADD COLUMN part int, ADD COLUMN more boolean,
    ADD COLUMN number_asked bigint, ADD COLUMN status text;
CREATE INDEX report_request ON devices.report (request, received_at, message_id)
    WHERE request IS NOT NULL;
