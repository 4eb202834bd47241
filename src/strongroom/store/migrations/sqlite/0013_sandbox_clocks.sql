-- How far a sandbox account's clock was moved ahead of the machine's, in seconds. At most one row an account.

CREATE TABLE sandbox_clocks (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    ahead INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
