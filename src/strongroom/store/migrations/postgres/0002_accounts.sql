-- Connected accounts. An account's own data lives in its own partition; `connections` lives in the platform's and says
-- whom it may act on. verify_at is when an account's pending checks settle, for the worker that settles them.

ALTER TABLE accounts ADD COLUMN record TEXT COLLATE "C";
ALTER TABLE accounts ADD COLUMN verify_at BIGINT;
ALTER TABLE accounts ADD COLUMN deleted_at BIGINT;
CREATE INDEX accounts_by_verify_at ON accounts (verify_at, seq) WHERE verify_at IS NOT NULL;

CREATE TABLE connections (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    ended_at BIGINT,
    doc BYTEA NOT NULL
);
ALTER TABLE connections ADD UNIQUE (account, livemode, id);
CREATE INDEX connections_listed ON connections (account, livemode, seq);

CREATE TABLE persons (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    authorizer BOOLEAN NOT NULL,
    director BOOLEAN NOT NULL,
    executive BOOLEAN NOT NULL,
    legal_guardian BOOLEAN NOT NULL,
    owner BOOLEAN NOT NULL,
    representative BOOLEAN NOT NULL,
    record TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
ALTER TABLE persons ADD UNIQUE (account, livemode, id);
CREATE INDEX persons_listed ON persons (account, livemode, seq);

CREATE TABLE external_accounts (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    default_for_currency BOOLEAN NOT NULL,
    record TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE external_accounts ADD UNIQUE (account, livemode, id);
CREATE INDEX external_accounts_listed ON external_accounts (account, livemode, seq);
