-- What a customer has agreed to: debits of a bank account, payments without being there.

CREATE TABLE mandates (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    payment_method TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE mandates ADD UNIQUE (account, livemode, id);
