-- Connected accounts. An account's own data lives in its own partition; `connections` lives in the platform's and says
-- whom it may act on. verify_at is when an account's pending checks settle, for the worker that settles them.

ALTER TABLE accounts ADD COLUMN record TEXT;
ALTER TABLE accounts ADD COLUMN verify_at INTEGER;
ALTER TABLE accounts ADD COLUMN deleted_at INTEGER;
CREATE INDEX accounts_by_verify_at ON accounts (verify_at) WHERE verify_at IS NOT NULL;

CREATE TABLE connections (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    ended_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX connections_listed ON connections (account, livemode);

CREATE TABLE persons (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    authorizer INTEGER NOT NULL CHECK (authorizer IN (0, 1)),
    director INTEGER NOT NULL CHECK (director IN (0, 1)),
    executive INTEGER NOT NULL CHECK (executive IN (0, 1)),
    legal_guardian INTEGER NOT NULL CHECK (legal_guardian IN (0, 1)),
    owner INTEGER NOT NULL CHECK (owner IN (0, 1)),
    representative INTEGER NOT NULL CHECK (representative IN (0, 1)),
    record TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX persons_listed ON persons (account, livemode);

CREATE TABLE external_accounts (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    object TEXT NOT NULL,
    currency TEXT NOT NULL,
    default_for_currency INTEGER NOT NULL CHECK (default_for_currency IN (0, 1)),
    record TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX external_accounts_listed ON external_accounts (account, livemode);
