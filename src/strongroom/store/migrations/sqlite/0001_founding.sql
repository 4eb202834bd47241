-- The founding schema. tables.py says what each column is for; a test holds the two together.
--
-- Ordinary rowid tables: with long text keys, WITHOUT ROWID tables write twice as much and half as fast. An index ends
-- with the row's number by itself, so lists need no column for their order.

CREATE TABLE accounts (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    platform TEXT,
    created INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE api_keys (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    mac BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    prefix TEXT NOT NULL,
    last4 TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE customers (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    email_token BLOB,
    deleted_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX customers_listed ON customers (account, livemode);
CREATE INDEX customers_by_email_token ON customers (account, livemode, email_token) WHERE email_token IS NOT NULL;

CREATE TABLE payment_methods (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    object TEXT NOT NULL,
    type TEXT NOT NULL,
    customer TEXT,
    allow_redisplay TEXT,
    state TEXT NOT NULL,
    record TEXT,
    fingerprint TEXT,
    detached_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX payment_methods_listed ON payment_methods (account, livemode);
CREATE INDEX payment_methods_by_customer ON payment_methods (account, livemode, customer) WHERE customer IS NOT NULL;
CREATE INDEX payment_methods_by_detached_at ON payment_methods (detached_at) WHERE detached_at IS NOT NULL;

CREATE TABLE tokens (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    used_at INTEGER,
    expires_at INTEGER NOT NULL,
    record TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX events_listed ON events (account, livemode);

CREATE TABLE idempotency_keys (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    request_mac BLOB NOT NULL,
    status INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE records (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    wrapped_key BLOB NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE fingerprints (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;

CREATE TABLE installation (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
