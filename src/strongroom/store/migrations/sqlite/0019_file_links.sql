-- Links by which anybody has a file's bytes, until `ends_at`. The address itself is in the sealed document.
CREATE TABLE file_links (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    file TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, livemode, id)
) STRICT;
CREATE INDEX file_links_listed ON file_links (account, livemode);
CREATE INDEX file_links_by_file ON file_links (account, livemode, file);
