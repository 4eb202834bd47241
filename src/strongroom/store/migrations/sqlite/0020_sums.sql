-- Balances are added up by the database: what each change adds stands beside its document.
ALTER TABLE balance_transactions ADD COLUMN net INTEGER;
CREATE INDEX balance_transactions_summed ON balance_transactions (account, livemode, currency, pending_until, net);
