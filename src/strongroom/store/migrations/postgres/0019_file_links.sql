-- Links by which anybody has a file's bytes, until `ends_at`. The address itself is in the sealed document.
CREATE TABLE file_links (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL,
    livemode BOOLEAN NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    file TEXT COLLATE "C" NOT NULL,
    ends_at BIGINT NOT NULL,
    doc BYTEA NOT NULL
);
CREATE INDEX file_links_listed ON file_links (account, livemode, seq);
CREATE INDEX file_links_by_file ON file_links (account, livemode, file, seq);
ALTER TABLE file_links ADD UNIQUE (account, livemode, id);
