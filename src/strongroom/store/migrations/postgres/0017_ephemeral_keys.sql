-- Keys on customers' phones. `mac` finds one by its text, which is kept nowhere; `key_account` made it, perhaps for a connected account.
CREATE TABLE ephemeral_keys (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    mac BYTEA NOT NULL UNIQUE,
    customer TEXT COLLATE "C" NOT NULL,
    key_account TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE ephemeral_keys ADD UNIQUE (account, livemode, id);
