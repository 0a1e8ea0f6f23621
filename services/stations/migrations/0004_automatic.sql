-- Whether the platform asks this station anything of its own accord.
ALTER TABLE stations.station ADD COLUMN automatic boolean NOT NULL DEFAULT true;
