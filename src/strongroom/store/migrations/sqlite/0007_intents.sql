-- Intents: to pay an amount, and to keep a way to pay. What an intent may become is in its document.

CREATE TABLE payment_intents (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX payment_intents_listed ON payment_intents (account, livemode);
CREATE INDEX payment_intents_by_customer ON payment_intents (account, livemode, customer) WHERE customer IS NOT NULL;

CREATE TABLE setup_intents (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    payment_method TEXT,
    attach_to_self INTEGER NOT NULL CHECK (attach_to_self IN (0, 1)),
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX setup_intents_listed ON setup_intents (account, livemode);
CREATE INDEX setup_intents_by_customer ON setup_intents (account, livemode, customer) WHERE customer IS NOT NULL;
