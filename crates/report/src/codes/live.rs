//! Codes about SIEMs that are asked, and about acts.

/// Code and explanation, by code.
pub(super) const LIVE: &[(&str, &str)] = &[
    (
        "acts.bad-value",
        "An act cannot be used: it needs an id, a technique of the ATT&CK version in use, a host, and a begin \
         with its zone, such as 2026-11-30T10:00:00Z. A marker has at least 8 characters. Nothing is asked \
         while an act has a fault, so that none is left out of the result.",
    ),
    (
        "acts.none",
        "The file holds no act. Three forms are read: a YAML list under `acts:`, an ATTiRe 1.x log, and the CSV \
         execution log of an Atomic runner.",
    ),
    (
        "acts.other-version",
        "The log is of another ATTiRe version than 1.x; what is understood of it is used.",
    ),
    (
        "acts.unreadable",
        "The file begins like an ATTiRe log or an execution log of an Atomic runner and cannot be read as one: \
         JSON is broken, or a column is missing.",
    ),
    (
        "source.bad-profile",
        "A profile of a SIEM cannot be used: an unknown key, or no field for time or host. Those that come with \
         the program are named in docs/live.md.",
    ),
    (
        "source.in-clear",
        "A key is sent to an http:// address that is not this machine: whoever sees the traffic can take it. \
         Write https://; a certificate of your own is trusted by `ca`.",
    ),
    (
        "source.bad-value",
        "A value of a [[source]] cannot be used. `key` says where the key is (env:NAME, file:PATH, \
         credential:NAME) and never holds it; `wait` is a number with a unit; `profile` is a name or a file \
         that ends in .toml.",
    ),
];
