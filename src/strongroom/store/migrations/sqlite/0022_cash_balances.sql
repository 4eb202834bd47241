-- What moves customers' cash: money they sent that is not part of a payment yet.
CREATE TABLE cash_balance_transactions (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT NOT NULL,
    payment_intent TEXT,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX cash_balance_transactions_by_customer ON cash_balance_transactions (account, livemode, customer);
CREATE INDEX cash_balance_transactions_by_payment_intent ON cash_balance_transactions (account, livemode, payment_intent) WHERE payment_intent IS NOT NULL;
