-- What customers filled in, until an intent is confirmed with it. `record`: as long as a vaulted value is the token's own.
CREATE TABLE confirmation_tokens (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    used_at INTEGER,
    expires_at INTEGER NOT NULL,
    record TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
