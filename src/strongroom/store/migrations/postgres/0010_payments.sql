-- Payments: what was charged, what was given back, what the account holds, and what is still to be done.

-- Charges, refused ones too.
CREATE TABLE charges (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C",
    payment_intent TEXT COLLATE "C",
    transfer_group TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX charges_listed ON charges (account, livemode, seq);
CREATE INDEX charges_by_customer ON charges (account, livemode, customer, seq) WHERE customer IS NOT NULL;
CREATE INDEX charges_by_payment_intent ON charges (account, livemode, payment_intent, seq) WHERE payment_intent IS NOT NULL;
CREATE INDEX charges_by_transfer_group ON charges (account, livemode, transfer_group, seq) WHERE transfer_group IS NOT NULL;
ALTER TABLE charges ADD UNIQUE (account, livemode, id);

-- Money given back.
CREATE TABLE refunds (
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
CREATE INDEX refunds_listed ON refunds (account, livemode, seq);
CREATE INDEX refunds_by_charge ON refunds (account, livemode, charge, seq);
CREATE INDEX refunds_by_payment_intent ON refunds (account, livemode, payment_intent, seq) WHERE payment_intent IS NOT NULL;
ALTER TABLE refunds ADD UNIQUE (account, livemode, id);

-- Every change of a balance. One is pending until `pending_until`; NULL: it is available.
CREATE TABLE balance_transactions (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C",
    pending_until BIGINT,
    doc BYTEA NOT NULL
);
CREATE INDEX balance_transactions_listed ON balance_transactions (account, livemode, seq);
CREATE INDEX balance_transactions_by_source ON balance_transactions (account, livemode, source, seq) WHERE source IS NOT NULL;
ALTER TABLE balance_transactions ADD UNIQUE (account, livemode, id);

-- One for each time a SetupIntent was confirmed.
CREATE TABLE setup_attempts (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    setup_intent TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX setup_attempts_by_setup_intent ON setup_attempts (account, livemode, setup_intent, seq);
ALTER TABLE setup_attempts ADD UNIQUE (account, livemode, id);

-- What is still to be done: an answer of the acquirer that is not written down yet, or something whose time has not come.
CREATE TABLE tasks (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    due_at BIGINT,
    doc BYTEA NOT NULL
);
CREATE INDEX tasks_by_due_at ON tasks (due_at, seq) WHERE due_at IS NOT NULL;
ALTER TABLE tasks ADD UNIQUE (account, livemode, id);

-- What the sandbox's acquirer was asked and what it answered, by the reference it was asked under.
CREATE TABLE acquirer_records (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE acquirer_records ADD UNIQUE (account, livemode, id);
