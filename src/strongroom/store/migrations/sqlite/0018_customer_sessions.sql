-- What pages and apps may show of one customer. `mac` finds a session by its client secret, which is kept nowhere.
CREATE TABLE customer_sessions (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    mac BLOB NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
