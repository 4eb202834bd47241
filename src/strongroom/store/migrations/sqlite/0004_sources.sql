-- What belongs to a customer and is listed by it.

CREATE TABLE customer_balance_transactions (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX customer_balance_transactions_by_customer ON customer_balance_transactions (account, livemode, customer);

CREATE TABLE tax_ids (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX tax_ids_by_customer ON tax_ids (account, livemode, customer);

-- An e-mail address is searched regardless of case, while a list finds it to the letter.
ALTER TABLE customers ADD COLUMN email_folded_token BLOB;
CREATE INDEX customers_by_email_folded_token ON customers (account, livemode, email_folded_token)
    WHERE email_folded_token IS NOT NULL;
