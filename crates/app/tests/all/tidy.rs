//! The house keeps its walls: invariants 1, 2, 3 and 8 of ARCHITECTURE.md, sizes
//! as a ratchet, names that hide what is inside, words that tell history.

mod map;
mod ratchet;
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 10] = [
    "threat",
    "telemetry",
    "exercise",
    "detect",
    "race",
    "continuity",
    "outflow",
    "assess",
    "report",
    "live",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_none_or(|n| n != "target") {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn crates() -> Vec<PathBuf> {
    sources(&root().join("crates"))
}

/// The one place below `app` that works on the operating system: it confines procedures.
const SANDBOX: &str = "crates/exercise/src/sandbox/";

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the source with comments and the insides of string literals blanked,
/// so that words in prose do not count as code.
fn code_only(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for line in source.lines() {
        let mut in_string = false;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if in_string => {
                    chars.next();
                }
                '"' => in_string = !in_string,
                '/' if !in_string && chars.peek() == Some(&'/') => break,
                _ if in_string => {}
                _ => out.push(c),
            }
        }
        out.push('\n');
    }
    out
}

/// Returns the `[dependencies]` keys of a crate's manifest.
fn dependencies(room: &str) -> Vec<String> {
    let manifest = text(&root().join("crates").join(room).join("Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap_or("");
    section
        .lines()
        .skip(1)
        .take_while(|l| !l.starts_with('['))
        .filter_map(|l| l.split(['.', '=', ' ']).next().filter(|k| !k.is_empty()).map(str::to_owned))
        .collect()
}

#[test]
fn a_room_depends_on_model_and_on_no_other_room() {
    for room in ROOMS {
        let deps = dependencies(room);
        assert!(deps.iter().any(|d| d == "model"), "{room} does not depend on model");
        let corridor: Vec<_> = deps.iter().filter(|d| ROOMS.contains(&d.as_str()) || *d == "app").collect();
        assert!(corridor.is_empty(), "{room} depends on {corridor:?}; rooms meet in rehearsal only");
    }
    let own: Vec<_> = dependencies("model");
    assert!(own.iter().all(|d| !ROOMS.contains(&d.as_str())), "model depends on a room: {own:?}");
}

/// clippy.toml bans the platform's own functions; these crates call them for others, as
/// soon as any crate of the build switches on `num-traits/std`.
#[test]
fn no_room_computes_with_the_platforms_mathematics() {
    let bans = std::fs::read_to_string(root().join("clippy.toml")).expect("readable");
    for name in ["ln", "ln_1p", "log2", "log10", "exp", "exp2", "exp_m1", "powf", "powi", "sin", "cos"] {
        assert!(bans.contains(&format!("\"f64::{name}\"")), "clippy.toml does not ban f64::{name}");
    }
    for room in ROOMS.iter().chain(&["model"]) {
        let deps = dependencies(room);
        let lent: Vec<_> =
            deps.iter().filter(|d| ["statrs", "num-traits", "rand_distr"].contains(&d.as_str())).collect();
        assert!(lent.is_empty(), "{room} depends on {lent:?}; use libm or special");
        let allowed = sources(&root().join("crates").join(room).join("src"))
            .into_iter()
            .filter(|path| {
                text(path).lines().any(|l| {
                    l.contains("clippy::disallowed_methods")
                        && !l.trim_start().starts_with("#![cfg_attr(test,")
                })
            })
            .map(|path| shown(&path))
            .collect::<Vec<_>>();
        assert!(allowed.is_empty(), "the ban is lifted in {allowed:?}");
    }
}

#[test]
fn only_app_touches_the_outside_world() {
    let forbidden = [
        "std::fs",
        "File::open",
        "std::env::",
        "env::var",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "TcpListener",
        "UnixStream",
        "TcpStream",
        "UdpSocket",
        "ureq",
        "std::process",
        "Command::new",
        "thread::sleep",
        "tokio",
    ];
    let mut found = Vec::new();
    for room in ROOMS.iter().chain(&["model", "rehearsal"]) {
        let own = sources(&root().join("crates").join(room).join("src"));
        for path in own.iter().filter(|p| !shown(p).contains("/tests/") && !shown(p).starts_with(SANDBOX)) {
            let code = code_only(&text(path));
            for (number, line) in code.lines().enumerate() {
                for word in forbidden.iter().filter(|w| line.contains(**w)) {
                    found.push(format!("{}:{}: {word}", shown(path), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "a room reaches outside:\n{}", found.join("\n"));
}

/// `collect` opens connections; nothing else does, and it touches nothing else.
#[test]
fn only_collect_opens_connections_and_it_touches_nothing_else() {
    for path in crates().iter().filter(|p| shown(p).contains("/src/") && !shown(p).starts_with(SANDBOX)) {
        let (name, code) = (shown(path), code_only(&text(path)));
        let mine = name.starts_with("crates/collect/");
        let words = match mine {
            false => ["ureq::", "TcpStream", "TcpListener", "UdpSocket", "rustls::"],
            true => ["std::fs", "env::var", "SystemTime", "Instant::now", "thread::sleep"],
        };
        let word = words.iter().find(|w| code.contains(**w));
        assert!(word.is_none(), "{name} has {word:?}");
    }
    let own = dependencies("collect");
    assert!(own.iter().all(|d| !ROOMS.contains(&d.as_str()) && d != "clap" && d != "rusqlite"), "{own:?}");
}

/// Whoever calls a use case, a program, a server or a test, brings terminal, files and storage.
#[test]
fn the_use_cases_know_no_terminal_no_arguments_and_no_storage() {
    let outside = ["clap", "indicatif", "rusqlite", "store", "signal-hook", "rustix", "include_dir"];
    let own = dependencies("rehearsal");
    assert!(own.len() > ROOMS.len(), "the rooms meet here: {own:?}");
    let found: Vec<_> = own.iter().filter(|d| outside.contains(&d.as_str()) || *d == "app").collect();
    assert!(found.is_empty(), "rehearsal depends on {found:?}");
    for path in sources(&root().join("crates/rehearsal/src")) {
        let code = code_only(&text(&path));
        let word = ["stdout", "stderr", "println", "Zoned::now", "thread::park"];
        let word = word.iter().find(|w| code.contains(**w));
        assert!(word.is_none(), "{} names {word:?}", shown(&path));
    }
}

/// What the program still asks of a room itself, by file; everything else goes through
/// `rehearsal`. An entry may be taken out, none added.
const ENGINE_CALLS: [(&str, &str); 6] = [
    ("command/decide.rs", "race::write_playbook"),
    ("command/gate/locate.rs", "assess::gate::failed_leaf"),
    ("command/list.rs", "threat::catalogue"),
    ("command/log_sources.rs", "telemetry::feeds"),
    ("command/outflow/canary.rs", "continuity::ik_check_digit"),
    ("command/outflow/records.rs", "continuity::read_estate"),
];

/// Share of the program's own source in that of all crates, in thousandths, which may only fall:
/// what grows belongs to a use case.
const APP_SHARE: usize = 58;

#[test]
fn the_program_computes_nothing_itself() {
    let mut found = Vec::new();
    let mut lines = 0;
    let all = crates().into_iter().filter(|path| shown(path).contains("/src/"));
    let all: usize = all.map(|path| text(&path).lines().count()).sum();
    for path in sources(&root().join("crates/app/src")) {
        let whole = text(&path);
        lines += whole.lines().count();
        let name = shown(&path).trim_start_matches("crates/app/src/").to_owned();
        for call in engine_calls(&code_only(&whole)) {
            if !ENGINE_CALLS.contains(&(name.as_str(), call.as_str())) {
                found.push(format!("{name}: {call}"));
            }
        }
    }
    assert!(found.is_empty(), "ask a use case of rehearsal instead:\n{}", found.join("\n"));
    let share = lines * 1_000 / all;
    assert!(share <= APP_SHARE, "app has {lines} of {all} lines: {share} in 1,000, {APP_SHARE} are allowed");
}

/// Returns the functions of rooms that code calls by their path: `race::outages`.
fn engine_calls(code: &str) -> Vec<String> {
    let engines = ["threat", "telemetry", "detect", "race", "continuity", "assess"];
    let mut calls = Vec::new();
    // A module of the program may be called like a room.
    for engine in engines.into_iter().filter(|e| !code.contains(&format!("mod {e};"))) {
        for (at, _) in code.match_indices(&format!("{engine}::")) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let path: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
            let last = path.rsplit("::").next().unwrap_or_default();
            if last.starts_with(|c: char| c.is_lowercase()) && code[at + path.len()..].starts_with('(') {
                calls.push(path);
            }
        }
    }
    calls
}

/// `store` works on the file of the ledger and waits for who else writes to it, no more.
#[test]
fn only_store_names_sql_and_it_touches_its_own_file_alone() {
    for path in crates().iter().filter(|p| shown(p).contains("/src/")) {
        let (name, whole) = (shown(path), text(path));
        let code = code_only(&whole);
        if !name.starts_with("crates/store/") {
            let words = ["rusqlite", "sqlite_master", "INSERT INTO", "SELECT "];
            let word = words.iter().find(|w| whole.contains(**w));
            assert!(word.is_none(), "{name} names {word:?}: SQL lives in store");
            continue;
        }
        let words = ["env::", "SystemTime", "Instant", "Tcp", "Udp", "process::", "stdout", "read_dir"];
        let word = words.iter().find(|w| code.contains(**w));
        assert!(word.is_none(), "{name} touches {word:?}");
    }
    let own = dependencies("store");
    assert!(own.iter().all(|d| !ROOMS.contains(&d.as_str()) && d != "clap" && d != "indicatif"), "{own:?}");
}

#[test]
fn only_the_sandbox_starts_a_process() {
    let starts = ["process::Command", "SYS_clone", "SYS_execve", "SYS_fork", "libc::fork", "libc::execv"];
    for path in crates().iter().filter(|p| shown(p).contains("/src/") && !shown(p).starts_with(SANDBOX)) {
        let code = code_only(&text(path));
        let word = starts.iter().find(|w| code.contains(**w));
        assert!(word.is_none(), "{} starts a process: {word:?}", shown(path));
    }
}

#[test]
fn only_the_sandbox_is_unsafe_and_every_block_says_why() {
    for path in crates() {
        let (name, source) = (shown(&path), text(&path));
        let code = code_only(&source);
        if !name.starts_with(SANDBOX) {
            let word = ["unsafe ", "unsafe_code"].iter().find(|w| code.contains(**w));
            assert!(word.is_none(), "{name} has {word:?}");
            continue;
        }
        let lines: Vec<&str> = source.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            if !code.contains("unsafe {") && !code.contains("unsafe impl") {
                continue;
            }
            let before = lines.get(number.saturating_sub(6)..number).unwrap_or(&[]);
            assert!(
                before.iter().any(|l| l.trim_start().starts_with("// SAFETY:")),
                "{name}:{} does not say why it is safe",
                number + 1
            );
        }
    }
}

#[test]
fn no_tactic_is_known_by_name() {
    // Short names and ids of every tactic of ATT&CK 17 to 19 must come from data.
    let names = [
        "reconnaissance",
        "resource-development",
        "initial-access",
        "defense-evasion",
        "defense-impairment",
        "credential-access",
        "lateral-movement",
        "command-and-control",
        "privilege-escalation",
        "TA00",
        "TA01",
        "defense_evasion",
        "credential_access",
        "lateral_movement",
        "initial_access",
    ];
    let mut found = Vec::new();
    for path in crates().iter().filter(|p| !shown(p).contains("/tests/")) {
        let whole = text(path);
        let production = whole.split("#[cfg(test)]").next().unwrap_or("");
        for (number, line) in production.lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            for name in names.iter().filter(|n| code.contains(**n)) {
                found.push(format!("{}:{}: {name}", shown(path), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "tactics are data:\n{}", found.join("\n"));
}

#[test]
fn only_model_says_how_things_are_stored() {
    for path in crates() {
        let name = shown(&path);
        if name.starts_with("crates/model/") || name.contains("/tests/") {
            continue;
        }
        let code = code_only(&text(&path));
        let stored = code
            .lines()
            .any(|l| l.contains("derive(") && l.contains("Serialize") && !l.contains("Deserialize)"));
        let both = code
            .lines()
            .any(|l| l.contains("derive(") && l.contains(" Serialize") || l.contains("(Serialize"));
        assert!(!stored && !both, "{name} derives Serialize; stored shapes live in model");
    }
}

#[test]
fn names_say_what_is_inside() {
    for path in crates() {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        assert!(
            !["util", "utils", "helper", "helpers", "common", "misc", "imp"].contains(&stem.as_str()),
            "{} hides what is inside",
            shown(&path)
        );
    }
    let main = text(&root().join("crates/app/src/main.rs")).lines().count();
    assert!(main <= 60, "main.rs has {main} lines; 60 are enough");
}

#[test]
fn comments_say_why_and_not_what_was() {
    let history =
        ["formerly", "no longer", "used to be", "now uses", "FIXME", "XXX", "previously", "was renamed"];
    let mut found = Vec::new();
    for path in crates().iter().filter(|p| !p.ends_with("tidy.rs")) {
        for (number, line) in text(path).lines().enumerate() {
            let Some(comment) = line.split_once("//").map(|(_, c)| c) else { continue };
            for word in history.iter().filter(|w| comment.contains(**w)) {
                found.push(format!("{}:{}: {word:?}", shown(path), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "history belongs into commits:\n{}", found.join("\n"));
}

#[test]
fn no_test_is_switched_off() {
    for path in crates().iter().filter(|p| !p.ends_with("tidy.rs")) {
        let code = code_only(&text(path));
        for word in ["#[ignore", "#[should_panic", "todo!(", "unimplemented!("] {
            assert!(!code.contains(word), "{} has {word}", shown(path));
        }
    }
}

/// Public readers of outside content: what they found wrong must reach the user.
#[test]
fn no_reader_gives_a_value_without_what_it_said() {
    let mut loose = Vec::new();
    let mut readers = 0;
    for path in crates().iter().filter(|p| shown(p).contains("/src/") && !shown(p).contains("/tests")) {
        let code = text(path);
        let code = code.split("#[cfg(test)]").next().unwrap_or("");
        for at in ["pub fn read_", "pub fn survey", "pub fn read("] {
            for signature in code.split(at).skip(1).filter_map(|rest| rest.split(" {\n").next()) {
                let name = signature.split(['(', '<']).next().unwrap_or("");
                readers += usize::from(signature.contains("Read<"));
                if signature.contains("Vec<Diagnostic>") {
                    loose.push(format!("{}: {at}{name} returns bare diagnostics", shown(path)));
                }
            }
        }
        // The program itself takes a value only by handing on what was said about it.
        if shown(path).starts_with("crates/app/") {
            let dense: String = code.chars().filter(|c| !c.is_whitespace()).collect();
            for way in [".into_parts()", ".report(&mutVec::new())", ".report(&mutvec![])"] {
                if dense.contains(way) {
                    loose.push(format!("{}: {way} loses what a reader said", shown(path)));
                }
            }
        }
    }
    assert!(readers >= 12, "only {readers} readers were looked at");
    assert!(loose.is_empty(), "{loose:#?}");
}
