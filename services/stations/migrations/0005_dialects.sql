-- What an operator chose and what a probe taught; the dialect that the files give is looked up by
-- vendor, model and firmware whenever it is needed, so new files need no migration.
ALTER TABLE stations.station ADD COLUMN dialect text;
ALTER TABLE stations.station ADD COLUMN learned text;
ALTER TABLE stations.station ADD COLUMN labels text[] NOT NULL DEFAULT '{}';
CREATE INDEX station_labels ON stations.station USING gin (labels);

CREATE TABLE stations.probe (
    key        bigint PRIMARY KEY REFERENCES stations.station ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    found      text NOT NULL,
    applied_at timestamptz
);
