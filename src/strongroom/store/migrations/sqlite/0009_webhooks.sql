-- Webhook endpoints, and what each of them is still to be told. A delivery is inserted with its event; its due_at is moved
-- ahead by whoever takes it in hand, so that a process that dies lets go of it by itself.

ALTER TABLE events ADD COLUMN undelivered INTEGER;

CREATE TABLE webhook_endpoints (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    place TEXT NOT NULL UNIQUE,
    connect INTEGER NOT NULL CHECK (connect IN (0, 1)),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    enabled_events TEXT NOT NULL,
    failing_since INTEGER,
    record TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX webhook_endpoints_listed ON webhook_endpoints (account, livemode);

CREATE TABLE webhook_deliveries (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    endpoint_account TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER,
    delivered_at INTEGER,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (account, livemode, event);
CREATE INDEX webhook_deliveries_by_due_at ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
