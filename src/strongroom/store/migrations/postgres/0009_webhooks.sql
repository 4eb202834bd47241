-- Webhook endpoints, and what each of them is still to be told. A delivery is inserted with its event; its due_at is moved
-- ahead by whoever takes it in hand, so that a process that dies lets go of it by itself.

ALTER TABLE events ADD COLUMN undelivered BIGINT;

CREATE TABLE webhook_endpoints (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    place TEXT COLLATE "C" NOT NULL UNIQUE,
    connect BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    enabled_events TEXT COLLATE "C" NOT NULL,
    failing_since BIGINT,
    record TEXT COLLATE "C" NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX webhook_endpoints_listed ON webhook_endpoints (account, livemode, seq);
ALTER TABLE webhook_endpoints ADD UNIQUE (account, livemode, id);

CREATE TABLE webhook_deliveries (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    endpoint TEXT COLLATE "C" NOT NULL,
    endpoint_account TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT,
    delivered_at BIGINT,
    doc BYTEA NOT NULL
);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (account, livemode, event, seq);
CREATE INDEX webhook_deliveries_by_due_at ON webhook_deliveries (due_at, seq) WHERE due_at IS NOT NULL;
ALTER TABLE webhook_deliveries ADD UNIQUE (account, livemode, id);
