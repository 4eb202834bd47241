-- How far a sandbox account's clock was moved ahead of the machine's, in seconds. At most one row an account.

CREATE TABLE sandbox_clocks (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    ahead BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE sandbox_clocks ADD UNIQUE (account, livemode, id);
