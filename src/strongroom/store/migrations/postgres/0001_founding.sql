-- The founding schema. tables.py says what each column is for; a test holds the two together.
--
-- Text compares by its bytes, as in SQLite, whatever the database's own collation is. The key begins with the account,
-- so that tables can be distributed by it.
--
-- The key's index is made last. While a table is small its indexes seem equally good for finding a row by its key, and
-- among equals the planner takes the youngest; a list's index would mean reading through all rows of an account.

CREATE TABLE accounts (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    platform TEXT COLLATE "C",
    created BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE accounts ADD UNIQUE (account, livemode, id);

CREATE TABLE api_keys (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    mac BYTEA NOT NULL UNIQUE,
    kind TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    last4 TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    doc BYTEA NOT NULL
);
ALTER TABLE api_keys ADD UNIQUE (account, livemode, id);

CREATE TABLE customers (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    email_token BYTEA,
    deleted_at BIGINT,
    doc BYTEA NOT NULL
);
CREATE INDEX customers_listed ON customers (account, livemode, seq);
CREATE INDEX customers_by_email_token ON customers (account, livemode, email_token, seq) WHERE email_token IS NOT NULL;
ALTER TABLE customers ADD UNIQUE (account, livemode, id);

CREATE TABLE payment_methods (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C",
    allow_redisplay TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C",
    fingerprint TEXT COLLATE "C",
    detached_at BIGINT,
    doc BYTEA NOT NULL
);
CREATE INDEX payment_methods_listed ON payment_methods (account, livemode, seq);
CREATE INDEX payment_methods_by_customer ON payment_methods (account, livemode, customer, seq) WHERE customer IS NOT NULL;
CREATE INDEX payment_methods_by_detached_at ON payment_methods (detached_at, seq) WHERE detached_at IS NOT NULL;
ALTER TABLE payment_methods ADD UNIQUE (account, livemode, id);

CREATE TABLE tokens (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    record TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
ALTER TABLE tokens ADD UNIQUE (account, livemode, id);

CREATE TABLE events (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX events_listed ON events (account, livemode, seq);
ALTER TABLE events ADD UNIQUE (account, livemode, id);

CREATE TABLE idempotency_keys (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    request_mac BYTEA NOT NULL,
    status BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE idempotency_keys ADD UNIQUE (account, livemode, id);

CREATE TABLE records (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    wrapped_key BYTEA NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE records ADD UNIQUE (account, livemode, id);

CREATE TABLE fingerprints (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE fingerprints ADD UNIQUE (account, livemode, id);

CREATE TABLE installation (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE installation ADD UNIQUE (account, livemode, id);
