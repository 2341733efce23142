# Commands of the project by name; `just` lists them.

# List the commands.
default:
    @just --list

# Formatting and lints.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Everything that must pass before a change lands.
test:
    ./scripts/test

# Formatting, lints and tests only.
quick:
    ./scripts/test quick

# Benchmarks of one crate, such as `just bench race`; BENCHMARKS.md has all commands.
bench crate:
    cargo bench -p {{ crate }}

# Fuzzes one reader for ten minutes, such as `just fuzz estate`; needs nightly and cargo-fuzz.
fuzz target:
    cd fuzz && cargo +nightly fuzz run -s none {{ target }} -- -max_total_time=600
