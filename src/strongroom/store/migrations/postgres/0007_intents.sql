-- Intents: to pay an amount, and to keep a way to pay. What an intent may become is in its document.

CREATE TABLE payment_intents (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX payment_intents_listed ON payment_intents (account, livemode, seq);
CREATE INDEX payment_intents_by_customer ON payment_intents (account, livemode, customer, seq) WHERE customer IS NOT NULL;
ALTER TABLE payment_intents ADD UNIQUE (account, livemode, id);

CREATE TABLE setup_intents (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C",
    payment_method TEXT COLLATE "C",
    attach_to_self BOOLEAN NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX setup_intents_listed ON setup_intents (account, livemode, seq);
CREATE INDEX setup_intents_by_customer ON setup_intents (account, livemode, customer, seq) WHERE customer IS NOT NULL;
ALTER TABLE setup_intents ADD UNIQUE (account, livemode, id);
