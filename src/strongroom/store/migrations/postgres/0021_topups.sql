-- Money that an account brings in from its bank. `record` is the vaulted bank account, until the bank has answered.
CREATE TABLE topups (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    record TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX topups_listed ON topups (account, livemode, seq);
ALTER TABLE topups ADD UNIQUE (account, livemode, id);
