-- A scan for insured-person data is one row. Values in it are keyed hashes.
CREATE TABLE IF NOT EXISTS outflows (
    id        TEXT PRIMARY KEY,      -- UUIDv7: sorts by time
    stored_ms INTEGER NOT NULL,      -- milliseconds since 1970-01-01T00:00:00Z
    summary   TEXT NOT NULL,         -- one line
    store     TEXT,                  -- asset of the estate the set is a copy of
    hash      TEXT NOT NULL,         -- BLAKE3 of the result's bytes
    result    BLOB NOT NULL          -- the result as JSON, compressed with zstd
) STRICT;

CREATE INDEX IF NOT EXISTS outflows_by_time ON outflows (stored_ms);
