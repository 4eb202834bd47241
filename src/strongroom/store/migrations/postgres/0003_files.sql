-- Uploaded files, and the sealed segments of their content: one row each, in the same commit as the file's own.

CREATE TABLE files (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    purpose TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    expires_at BIGINT,
    record TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX files_listed ON files (account, livemode, seq);
CREATE INDEX files_by_expires_at ON files (expires_at, seq) WHERE expires_at IS NOT NULL;
ALTER TABLE files ADD UNIQUE (account, livemode, id);

CREATE TABLE file_segments (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE file_segments ADD UNIQUE (account, livemode, id);
-- A sealed segment does not compress: nothing is tried.
ALTER TABLE file_segments ALTER COLUMN doc SET STORAGE EXTERNAL;
