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
