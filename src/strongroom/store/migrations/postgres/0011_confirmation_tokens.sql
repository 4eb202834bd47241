-- What customers filled in, until an intent is confirmed with it. `record`: as long as a vaulted value is the token's own.
CREATE TABLE confirmation_tokens (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    used_at BIGINT,
    expires_at BIGINT NOT NULL,
    record TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
ALTER TABLE confirmation_tokens ADD UNIQUE (account, livemode, id);
