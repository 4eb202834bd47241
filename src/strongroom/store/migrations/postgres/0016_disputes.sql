-- Disputes: charges that customers' banks ask about or take back, and early fraud warnings.

-- What customers have been to their banks about.
CREATE TABLE disputes (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    charge TEXT COLLATE "C" NOT NULL,
    payment_intent TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX disputes_listed ON disputes (account, livemode, seq);
CREATE INDEX disputes_by_charge ON disputes (account, livemode, charge, seq);
CREATE INDEX disputes_by_payment_intent ON disputes (account, livemode, payment_intent, seq) WHERE payment_intent IS NOT NULL;
ALTER TABLE disputes ADD UNIQUE (account, livemode, id);

-- What issuers think was fraudulent.
CREATE TABLE fraud_warnings (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    charge TEXT COLLATE "C" NOT NULL,
    payment_intent TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX fraud_warnings_listed ON fraud_warnings (account, livemode, seq);
CREATE INDEX fraud_warnings_by_charge ON fraud_warnings (account, livemode, charge, seq);
CREATE INDEX fraud_warnings_by_payment_intent ON fraud_warnings (account, livemode, payment_intent, seq) WHERE payment_intent IS NOT NULL;
ALTER TABLE fraud_warnings ADD UNIQUE (account, livemode, id);
