-- What the sandbox was going to do, before it did it. A run whose state is
-- 'open' and whose lock nobody holds was interrupted.
CREATE TABLE IF NOT EXISTS exercise_runs (
    id       TEXT PRIMARY KEY,       -- UUIDv7: sorts by time
    began_ms INTEGER NOT NULL,       -- milliseconds since 1970-01-01T00:00:00Z
    plan     TEXT NOT NULL,          -- BLAKE3 of the procedures, the profile and the tier
    state    TEXT NOT NULL           -- open, stored, left
) STRICT;

CREATE TABLE IF NOT EXISTS exercises (
    run       TEXT NOT NULL REFERENCES exercise_runs (id),
    place     INTEGER NOT NULL,      -- in order of the plan, from 0
    procedure TEXT NOT NULL,         -- its id
    hash      TEXT NOT NULL,         -- BLAKE3 of its text
    contract  TEXT NOT NULL,         -- JSON: declared effects, limits, clean-up
    state     TEXT NOT NULL,         -- planned, started, ended
    began_ms  INTEGER,
    ended_ms  INTEGER,
    result    BLOB,                  -- what it left, as JSON compressed with zstd, until the run is stored
    PRIMARY KEY (run, place)
) STRICT;
