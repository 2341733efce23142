//! Codes about hardening profiles.

/// Code and explanation, by code.
pub(super) const PROFILE: &[(&str, &str)] = &[
    (
        "profile.landlock-entry",
        "An entry of a Landlock policy cannot be used and grants nothing. Write an absolute path and the \
         rights read, execute, write, create, remove.",
    ),
    (
        "profile.no-service",
        "The file named as a profile is no systemd service unit: it has no section [Service]. A seccomp \
         policy ends in .json, a Landlock policy in .yaml.",
    ),
    (
        "profile.seccomp-entry",
        "An entry of a seccomp policy cannot be used and is left out. Write names, one SCMP_ACT action \
         and arguments with an index from 0 to 5.",
    ),
    (
        "profile.seccomp-syntax",
        "This is no seccomp policy. Give the JSON that a container engine takes, or a config.json with \
         linux.seccomp.",
    ),
    (
        "profile.unit-syntax",
        "A line of a unit file has no meaning. Write [Service], and below it one Directive=value a line; \
         close every quote.",
    ),
    (
        "profile.unit-value",
        "A directive has a value that it does not take; the message says what it takes. The value is left \
         out, so that the unit looks weaker here than it may be meant.",
    ),
    (
        "profile.unknown-call",
        "A system call filter names a call or group that is not known. It is left out, as systemd does.",
    ),
    (
        "profile.unknown-directive",
        "A directive of [Service] is not known here and is left out. Check its spelling; docs/profiles.md \
         lists what is realised.",
    ),
];
