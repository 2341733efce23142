-- A run is one row, written in one transaction before anything is printed.
CREATE TABLE IF NOT EXISTS runs (
    id        TEXT PRIMARY KEY,      -- UUIDv7: sorts by time
    stored_ms INTEGER NOT NULL,      -- milliseconds since 1970-01-01T00:00:00Z
    verb      TEXT NOT NULL,         -- run, replay
    summary   TEXT NOT NULL,         -- one line for `list runs`
    hash      TEXT NOT NULL,         -- BLAKE3 of the record's bytes
    record    BLOB NOT NULL          -- the record as JSON, compressed with zstd
) STRICT;

CREATE INDEX IF NOT EXISTS runs_by_time ON runs (stored_ms);
