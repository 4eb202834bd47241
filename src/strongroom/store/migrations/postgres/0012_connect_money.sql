-- Money between a platform and its connected accounts.

-- Money passed on to connected accounts.
CREATE TABLE transfers (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    transfer_group TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX transfers_listed ON transfers (account, livemode, seq);
CREATE INDEX transfers_by_destination ON transfers (account, livemode, destination, seq);
CREATE INDEX transfers_by_transfer_group ON transfers (account, livemode, transfer_group, seq) WHERE transfer_group IS NOT NULL;
ALTER TABLE transfers ADD UNIQUE (account, livemode, id);

-- What of it was taken back.
CREATE TABLE transfer_reversals (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    transfer TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX transfer_reversals_by_transfer ON transfer_reversals (account, livemode, transfer, seq);
ALTER TABLE transfer_reversals ADD UNIQUE (account, livemode, id);

-- What a platform keeps of payments of its connected accounts.
CREATE TABLE application_fees (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    charge TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX application_fees_listed ON application_fees (account, livemode, seq);
CREATE INDEX application_fees_by_charge ON application_fees (account, livemode, charge, seq);
ALTER TABLE application_fees ADD UNIQUE (account, livemode, id);

-- What of it was given back.
CREATE TABLE fee_refunds (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    fee TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX fee_refunds_by_fee ON fee_refunds (account, livemode, fee, seq);
ALTER TABLE fee_refunds ADD UNIQUE (account, livemode, id);

-- One row for each currency an account has spent of: of two who spend at once, one finds it changed.
CREATE TABLE spendings (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE spendings ADD UNIQUE (account, livemode, id);
