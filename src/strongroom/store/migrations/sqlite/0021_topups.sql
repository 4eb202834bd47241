-- Money that an account brings in from its bank. `record` is the vaulted bank account, until the bank has answered.
CREATE TABLE topups (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    status TEXT NOT NULL,
    record TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX topups_listed ON topups (account, livemode);
