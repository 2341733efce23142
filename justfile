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

# Fuzzes readers, such as `just fuzz 600 account/zip estate`; all of them for 20 seconds without any.
fuzz *arguments:
    ./scripts/fuzz {{ arguments }}
