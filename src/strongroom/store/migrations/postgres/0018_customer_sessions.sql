-- What pages and apps may show of one customer. `mac` finds a session by its client secret, which is kept nowhere.
CREATE TABLE customer_sessions (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    mac BYTEA NOT NULL UNIQUE,
    customer TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE customer_sessions ADD UNIQUE (account, livemode, id);
