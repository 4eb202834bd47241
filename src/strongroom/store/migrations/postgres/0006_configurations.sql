-- Payment method configurations: an account's own (kind `direct`), those of a platform for its accounts (`parent`), and
-- what accounts said in the ones that come from those (`child`). A row is there once somebody has changed something.

CREATE TABLE payment_method_configurations (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    is_default BOOLEAN NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX payment_method_configurations_listed ON payment_method_configurations (account, livemode, seq);
ALTER TABLE payment_method_configurations ADD UNIQUE (account, livemode, id);

-- Hosts on which wallets may be shown. An id follows from the name, so that each is there once.
CREATE TABLE payment_method_domains (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    domain_name TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX payment_method_domains_listed ON payment_method_domains (account, livemode, seq);
ALTER TABLE payment_method_domains ADD UNIQUE (account, livemode, id);
