-- Money between a platform and its connected accounts.

-- Money passed on to connected accounts.
CREATE TABLE transfers (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    destination TEXT NOT NULL,
    transfer_group TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX transfers_listed ON transfers (account, livemode);
CREATE INDEX transfers_by_destination ON transfers (account, livemode, destination);
CREATE INDEX transfers_by_transfer_group ON transfers (account, livemode, transfer_group) WHERE transfer_group IS NOT NULL;

-- What of it was taken back.
CREATE TABLE transfer_reversals (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    transfer TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX transfer_reversals_by_transfer ON transfer_reversals (account, livemode, transfer);

-- What a platform keeps of payments of its connected accounts.
CREATE TABLE application_fees (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    charge TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX application_fees_listed ON application_fees (account, livemode);
CREATE INDEX application_fees_by_charge ON application_fees (account, livemode, charge);

-- What of it was given back.
CREATE TABLE fee_refunds (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    fee TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX fee_refunds_by_fee ON fee_refunds (account, livemode, fee);

-- One row for each currency an account has spent of: of two who spend at once, one finds it changed.
CREATE TABLE spendings (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
