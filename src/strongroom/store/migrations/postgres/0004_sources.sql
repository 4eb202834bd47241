-- What belongs to a customer and is listed by it.

CREATE TABLE customer_balance_transactions (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX customer_balance_transactions_by_customer ON customer_balance_transactions (account, livemode, customer, seq);
ALTER TABLE customer_balance_transactions ADD UNIQUE (account, livemode, id);

CREATE TABLE tax_ids (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX tax_ids_by_customer ON tax_ids (account, livemode, customer, seq);
ALTER TABLE tax_ids ADD UNIQUE (account, livemode, id);

-- An e-mail address is searched regardless of case, while a list finds it to the letter.
ALTER TABLE customers ADD COLUMN email_folded_token BYTEA;
CREATE INDEX customers_by_email_folded_token ON customers (account, livemode, email_folded_token, seq)
    WHERE email_folded_token IS NOT NULL;
