-- Places for files of stations. The secret is part of the address that a station is given; a place
-- takes one file, until it expires.
CREATE TABLE devices.upload (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant       text COLLATE "C" NOT NULL,
    station      text COLLATE "C" NOT NULL,
    secret       text COLLATE "C" NOT NULL UNIQUE,
    location     text COLLATE "C" NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    bytes_max    bigint NOT NULL,
    tries        int NOT NULL DEFAULT 0,
    failure      text,
    -- The file, once it is there.
    object       text COLLATE "C",
    file_name    text,
    content_type text,
    size         bigint,
    sha256       text,
    stored_at    timestamptz,
    dropped_at   timestamptz
);
CREATE UNIQUE INDEX upload_object ON devices.upload (object) WHERE object IS NOT NULL;
CREATE INDEX upload_stored ON devices.upload (stored_at)
    WHERE stored_at IS NOT NULL AND dropped_at IS NULL;
CREATE INDEX upload_age ON devices.upload (created_at);

-- Names in the store that a station is writing to, or was when a process ended.
CREATE TABLE devices.upload_try (
    object   text COLLATE "C" PRIMARY KEY,
    upload   uuid NOT NULL REFERENCES devices.upload ON DELETE CASCADE,
    begun_at timestamptz NOT NULL
);
CREATE INDEX upload_try_upload ON devices.upload_try (upload);
CREATE INDEX upload_try_age ON devices.upload_try (begun_at);
