-- Schedules that were seen, and their planned times with what became of each.
CREATE TABLE IF NOT EXISTS schedules (
    name       TEXT PRIMARY KEY,
    settled_ms INTEGER NOT NULL,     -- the last planned time that was decided, or when it was first seen
    seen_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS slots (
    schedule   TEXT NOT NULL,
    planned_ms INTEGER NOT NULL,
    decided_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    state      TEXT NOT NULL,        -- started, finished, failed, skipped
    why        TEXT NOT NULL,        -- the summary of a run, or why there was none
    run        TEXT,
    PRIMARY KEY (schedule, planned_ms)
) STRICT;

-- Measures of runs, which stay when a run is deleted.
CREATE TABLE IF NOT EXISTS measured (
    run       TEXT PRIMARY KEY,
    stored_ms INTEGER NOT NULL,
    hash      TEXT NOT NULL,         -- BLAKE3 of the bytes before compression
    packed    BLOB NOT NULL          -- JSON, compressed with zstd
) STRICT;
