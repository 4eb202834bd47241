-- Payment method configurations: an account's own (kind `direct`), those of a platform for its accounts (`parent`), and
-- what accounts said in the ones that come from those (`child`). A row is there once somebody has changed something.

CREATE TABLE payment_method_configurations (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX payment_method_configurations_listed ON payment_method_configurations (account, livemode);

-- Hosts on which wallets may be shown. An id follows from the name, so that each is there once.
CREATE TABLE payment_method_domains (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    domain_name TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX payment_method_domains_listed ON payment_method_domains (account, livemode);
