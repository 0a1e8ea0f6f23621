-- Stations that may boot but have not: few, and looked for every few seconds.
CREATE INDEX station_unbooted ON stations.station (key)
    WHERE registration = 'Accepted' AND boot_status IS DISTINCT FROM 'Accepted';
