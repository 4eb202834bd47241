-- Who may use the dashboard, their sessions, and the audit log. Rows lie in the live partition of the account: people
-- belong to neither mode.
--
-- The log only grows. Its chain of MACs shows an entry that was altered; the triggers keep our own mistakes away.

CREATE TABLE users (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    email_mac BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE users ADD UNIQUE (account, livemode, id);

CREATE TABLE sessions (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    mac BYTEA NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
ALTER TABLE sessions ADD UNIQUE (account, livemode, id);

CREATE TABLE audit (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX audit_listed ON audit (account, livemode, seq);
ALTER TABLE audit ADD UNIQUE (account, livemode, id);
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_only_grows();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
