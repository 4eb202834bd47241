-- Clocks of test mode, and the customers who live by one.

CREATE TABLE test_clocks (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX test_clocks_by_list ON test_clocks (account, livemode, seq);
ALTER TABLE test_clocks ADD UNIQUE (account, livemode, id);

ALTER TABLE customers ADD COLUMN test_clock TEXT COLLATE "C";
CREATE INDEX customers_by_test_clock ON customers (account, livemode, test_clock, seq) WHERE test_clock IS NOT NULL;
