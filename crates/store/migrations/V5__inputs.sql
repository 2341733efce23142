-- Inputs of runs, each content once, by its BLAKE3. A run's group of files is a
-- content too: JSON from names to hashes.
CREATE TABLE IF NOT EXISTS contents (
    hash   TEXT PRIMARY KEY,         -- BLAKE3 of the bytes before compression
    packed BLOB NOT NULL             -- the bytes, compressed with zstd
) STRICT;

CREATE TABLE IF NOT EXISTS run_inputs (
    run      TEXT NOT NULL,
    kind     TEXT NOT NULL,          -- rules, procedures, profile, events, attack
    manifest TEXT NOT NULL,
    PRIMARY KEY (run, kind)
) STRICT;
