//! Codes about procedures and imported tests.

/// Code and explanation, by code.
pub(super) const PROCEDURE: &[(&str, &str)] = &[
    (
        "atomic.duplicate-guid",
        "Two imported tests carry the same auto_generated_guid. Both are used under their own ids; \
         give one of them a GUID of its own.",
    ),
    (
        "atomic.malformed",
        "A test of an Atomic Red Team file lacks what it needs to be run, such as its executor or \
         its command. It is listed among those that cannot be run here; the others are used.",
    ),
    ("atomic.missing-key", "A test lacks a key that the format asks for. It is used without it."),
    (
        "atomic.no-tests",
        "The file names an attack technique but holds no list atomic_tests. Nothing was imported \
         from it.",
    ),
    ("atomic.open", "An Atomic Red Team file cannot be opened or is too large. Check path and permissions."),
    (
        "atomic.unknown-key",
        "A test holds a key that the Atomic Red Team format does not have. It has no effect; check \
         its spelling.",
    ),
    (
        "atomic.unknown-technique",
        "The attack technique of an Atomic Red Team file is unknown in the ATT&CK version in use. \
         Its tests are imported, but count for no technique.",
    ),
    ("plan.no-steps", "The file is an emulation plan without steps. Nothing was imported from it."),
    (
        "plan.no-technique",
        "Steps of an emulation plan name no technique. They are imported, but count for no technique.",
    ),
    (
        "plan.open",
        "A YAML file among the procedures cannot be opened or is too large. Check path and permissions.",
    ),
    (
        "plan.unknown-technique",
        "The technique of a step of an emulation plan is unknown in the ATT&CK version in use. The step is \
         imported, but counts for no technique.",
    ),
    ("procedure.address", "An address that a name is to resolve to cannot be read. Write 203.0.113.10."),
    (
        "procedure.argument-name",
        "The name of an argument holds other characters than letters, digits, - and _.",
    ),
    ("procedure.argument-type", "An argument's type is none of string, path, url, integer and float."),
    ("procedure.deadline", "The deadline cannot be used. Write a number and a unit, such as 45m."),
    (
        "procedure.duplicate-id",
        "Two procedures carry the same id. The id is the folder below the root; rename one folder.",
    ),
    ("procedure.effect-empty", "A declared effect is empty. Name the program or the call, or remove it."),
    (
        "procedure.effect-file",
        "A declared file effect is no absolute path. Begin with / and use * for a part of a name, \
         ** for anything.",
    ),
    (
        "procedure.effect-socket",
        "A declared socket is not address:port/protocol, such as 203.0.113.10:443/tcp or *:*/tcp, \
         or unix:path.",
    ),
    ("procedure.host-name", "A name that is to resolve inside the sandbox is no host name."),
    ("procedure.id", "The folder of a procedure cannot be its id: it is too long. Use a shorter path."),
    ("procedure.mode", "A file mode cannot be read. Write octal digits in quotes, such as \"0644\"."),
    ("procedure.name", "The name of a procedure is empty. Say in a few words what it does."),
    ("procedure.no-command", "The command of a procedure is empty, so there is nothing to run."),
    (
        "procedure.no-success",
        "A procedure has no success check. Its exit code does not say that the act took place; add \
         a short script that does.",
    ),
    ("procedure.no-technique", "A procedure names no technique, so its result counts for none."),
    (
        "procedure.no-twin",
        "A procedure has no twin.yaml beside it. Without a harmless counterpart its rules' precision \
         is not measured.",
    ),
    ("procedure.open", "A procedure's file cannot be opened or is too large. Check path and permissions."),
    ("procedure.owner", "A staged file has an owner that is nobody inside the sandbox. Write root or user."),
    (
        "procedure.path",
        "The path of a staged file or stub is not absolute. Begin with / and leave out . and ..",
    ),
    ("procedure.repeated", "The same technique, rule or effect is named twice. Name it once."),
    ("procedure.rule", "The id of an expected rule cannot be used."),
    (
        "procedure.shell",
        "The interpreter is not named in a way it can be found. Write sh, bash, python3, perl, or an \
         absolute path.",
    ),
    ("procedure.size", "A procedure's file is too large to be one."),
    ("procedure.stub", "A stub stands where the procedure's own interpreter is, so nothing could run."),
    ("procedure.timeout", "The time a procedure may run must be more than 0s and at most 5m."),
    (
        "procedure.twin-alone",
        "A twin.yaml has no procedure.yaml beside it, so it is the counterpart of nothing. It is used \
         only if it names its techniques.",
    ),
    (
        "procedure.undefined-argument",
        "A text names #{an-argument} that the procedure does not define. Define it under arguments.",
    ),
    (
        "procedure.unknown-technique",
        "A procedure's technique is unknown in the ATT&CK version in use; its result does not count \
         for it.",
    ),
    ("procedure.unused-argument", "An argument is defined and named nowhere. Use it or remove it."),
];
