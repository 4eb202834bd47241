-- Clocks of test mode, and the customers who live by one.

CREATE TABLE test_clocks (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX test_clocks_by_list ON test_clocks (account, livemode);

ALTER TABLE customers ADD COLUMN test_clock TEXT;
CREATE INDEX customers_by_test_clock ON customers (account, livemode, test_clock) WHERE test_clock IS NOT NULL;
