-- Uploaded files, and the sealed segments of their content: one row each, in the same commit as the file's own.

CREATE TABLE files (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    size INTEGER NOT NULL,
    expires_at INTEGER,
    record TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX files_listed ON files (account, livemode);
CREATE INDEX files_by_expires_at ON files (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE file_segments (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    file TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
