-- Disputes: charges that customers' banks ask about or take back, and early fraud warnings.

-- What customers have been to their banks about.
CREATE TABLE disputes (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    charge TEXT NOT NULL,
    payment_intent TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX disputes_listed ON disputes (account, livemode);
CREATE INDEX disputes_by_charge ON disputes (account, livemode, charge);
CREATE INDEX disputes_by_payment_intent ON disputes (account, livemode, payment_intent) WHERE payment_intent IS NOT NULL;

-- What issuers think was fraudulent.
CREATE TABLE fraud_warnings (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    charge TEXT NOT NULL,
    payment_intent TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX fraud_warnings_listed ON fraud_warnings (account, livemode);
CREATE INDEX fraud_warnings_by_charge ON fraud_warnings (account, livemode, charge);
CREATE INDEX fraud_warnings_by_payment_intent ON fraud_warnings (account, livemode, payment_intent) WHERE payment_intent IS NOT NULL;
