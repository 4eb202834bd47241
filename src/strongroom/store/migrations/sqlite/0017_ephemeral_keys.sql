-- Keys on customers' phones. `mac` finds one by its text, which is kept nowhere; `key_account` made it, perhaps for a connected account.
CREATE TABLE ephemeral_keys (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    mac BLOB NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    key_account TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
