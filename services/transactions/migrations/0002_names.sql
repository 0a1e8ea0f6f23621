-- Each message looks its session up by name. Until PostgreSQL has analyzed the table, every index that
-- begins with the tenant costs the same to its planner, and then the youngest is taken: that must be the
-- one that finds a single row, or all sessions of a tenant are read for each message.

DROP INDEX session_name;
CREATE UNIQUE INDEX session_name ON session (tenant, station, transaction);
DROP INDEX session_start;
CREATE UNIQUE INDEX session_start ON session (tenant, station, start_key) WHERE start_key IS NOT NULL;
