-- What moves customers' cash: money they sent that is not part of a payment yet.
CREATE TABLE cash_balance_transactions (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    payment_intent TEXT COLLATE "C",
    doc BYTEA NOT NULL
);
CREATE INDEX cash_balance_transactions_by_customer ON cash_balance_transactions (account, livemode, customer, seq);
CREATE INDEX cash_balance_transactions_by_payment_intent ON cash_balance_transactions (account, livemode, payment_intent, seq) WHERE payment_intent IS NOT NULL;
ALTER TABLE cash_balance_transactions ADD UNIQUE (account, livemode, id);
