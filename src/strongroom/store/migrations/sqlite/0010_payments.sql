-- Payments: what was charged, what was given back, what the account holds, and what is still to be done.

-- Charges, refused ones too.
CREATE TABLE charges (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    payment_intent TEXT,
    transfer_group TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX charges_listed ON charges (account, livemode);
CREATE INDEX charges_by_customer ON charges (account, livemode, customer) WHERE customer IS NOT NULL;
CREATE INDEX charges_by_payment_intent ON charges (account, livemode, payment_intent) WHERE payment_intent IS NOT NULL;
CREATE INDEX charges_by_transfer_group ON charges (account, livemode, transfer_group) WHERE transfer_group IS NOT NULL;

-- Money given back.
CREATE TABLE refunds (
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
CREATE INDEX refunds_listed ON refunds (account, livemode);
CREATE INDEX refunds_by_charge ON refunds (account, livemode, charge);
CREATE INDEX refunds_by_payment_intent ON refunds (account, livemode, payment_intent) WHERE payment_intent IS NOT NULL;

-- Every change of a balance. One is pending until `pending_until`; NULL: it is available.
CREATE TABLE balance_transactions (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    type TEXT NOT NULL,
    currency TEXT NOT NULL,
    source TEXT,
    pending_until INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX balance_transactions_listed ON balance_transactions (account, livemode);
CREATE INDEX balance_transactions_by_source ON balance_transactions (account, livemode, source) WHERE source IS NOT NULL;

-- One for each time a SetupIntent was confirmed.
CREATE TABLE setup_attempts (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    setup_intent TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX setup_attempts_by_setup_intent ON setup_attempts (account, livemode, setup_intent);

-- What is still to be done: an answer of the acquirer that is not written down yet, or something whose time has not come.
CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    due_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX tasks_by_due_at ON tasks (due_at) WHERE due_at IS NOT NULL;

-- What the sandbox's acquirer was asked and what it answered, by the reference it was asked under.
CREATE TABLE acquirer_records (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
