-- How an incident was closed: by the station, after a time of quiet, as the station was removed, or
-- by an operator, who may say why. NULL: it is open, or was closed before this was noted.
ALTER TABLE devices.incident
    ADD COLUMN closed_how  text,
    ADD COLUMN closed_by   text,
    ADD COLUMN closed_note text;
