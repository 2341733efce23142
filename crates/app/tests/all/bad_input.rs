//! Bad input: every case is one file in `tests/bad_input/` that says what to do to
//! a fresh starter workspace, what to run, and what must come of it.
//!
//! The program must end with the right exit code, name the place and the remedy,
//! stay within a bounded address space, and leave older runs of the ledger whole.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// Address space a case may use, in KiB: far below what the input would take if
/// it were read into memory or expanded.
const ADDRESS_SPACE_KIB: u64 = 1_500_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    edit: Vec<Edit>,
    #[serde(default)]
    write: Vec<Write>,
    #[serde(default)]
    generate: Vec<Generate>,
    #[serde(default)]
    remove: Vec<String>,
    #[serde(default)]
    unreadable: Vec<String>,
    #[serde(default)]
    file_limit_kib: Option<u64>,
    args: Vec<String>,
    /// Other arguments that must end the same way.
    #[serde(default)]
    also: Vec<Vec<String>>,
    /// Whether it is run outside of the workspace, beside it.
    #[serde(default)]
    outside: bool,
    exit: i32,
    says: Vec<String>,
    #[serde(default)]
    keeps_quiet_about: Vec<String>,
    #[serde(default)]
    runs_after: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    find: String,
    replace: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Write {
    file: String,
    text: Option<String>,
    hex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate {
    file: String,
    before: String,
    repeat: String,
    times: usize,
    after: String,
}

fn feuerprobe() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe"))
}

fn lay_out(case: &Case, folder: &Path) {
    let made = Command::new(feuerprobe()).arg("init").arg(folder).output().expect("init runs");
    assert!(made.status.success(), "init failed: {}", String::from_utf8_lossy(&made.stderr));
    for edit in &case.edit {
        let path = folder.join(&edit.file);
        let text = fs::read_to_string(&path).expect("the file to edit is there");
        assert!(text.contains(&edit.find), "{} does not hold {:?}", edit.file, edit.find);
        fs::write(&path, text.replacen(&edit.find, &edit.replace, 1)).expect("write");
    }
    for write in &case.write {
        let path = folder.join(&write.file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        let bytes = match (&write.text, &write.hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(hex)) => unhex(hex),
            _ => panic!("{}: give text or hex", write.file),
        };
        fs::write(&path, bytes).expect("write");
    }
    for generate in &case.generate {
        let path = folder.join(&generate.file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        let mut out = std::io::BufWriter::new(fs::File::create(&path).expect("create"));
        out.write_all(generate.before.as_bytes()).expect("write");
        for _ in 0..generate.times {
            out.write_all(generate.repeat.as_bytes()).expect("write");
        }
        out.write_all(generate.after.as_bytes()).expect("write");
    }
    for file in &case.remove {
        let path = folder.join(file);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("remove");
    }
    for file in &case.unreadable {
        fs::set_permissions(folder.join(file), fs::Permissions::from_mode(0o000)).expect("chmod");
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ascii"), 16).expect("hex"))
        .collect()
}

/// Runs the program in `folder` with its address space bounded. Root may read
/// everything, so a case about permissions runs as nobody when we are root.
fn start(case: &Case, args: &[String], folder: &Path) -> std::process::Output {
    let mut limits = format!("ulimit -v {ADDRESS_SPACE_KIB};");
    if let Some(kib) = case.file_limit_kib {
        limits.push_str(&format!("trap '' XFSZ; ulimit -f {kib};"));
    }
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    let mut command = Command::new("bash");
    if !case.unreadable.is_empty() && is_root {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("chmod");
        command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "bash"]);
    }
    let copy = folder.join(".program");
    // By a process of its own: what a thread of this one has open for writing, a process begun by
    // another thread holds too until it is a program of its own, and so long the copy is "busy".
    let copied = Command::new("cp").arg(feuerprobe()).arg(&copy).status().expect("cp starts");
    assert!(copied.success(), "the program can be copied");
    command
        .arg("-c")
        .arg(format!("{limits} exec \"$0\" \"$@\""))
        .arg(&copy)
        .args(args)
        .current_dir(if case.outside { folder.parent().expect("a parent") } else { folder })
        .env_remove("FEUERPROBE_LEDGER")
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn runs(folder: &Path) -> usize {
    let listed = Command::new(feuerprobe())
        .args(["list", "runs", "--format", "ndjson"])
        .current_dir(folder)
        .output()
        .expect("list runs");
    String::from_utf8_lossy(&listed.stdout).lines().filter(|l| !l.trim().is_empty()).count()
}

fn check(path: &Path) -> Result<(), String> {
    let name = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = fs::read(path).expect("the case can be read");
    let case: Case = model::document::yaml(&name, &bytes).map_err(|d| d.to_string())?;
    let temporary = tempfile::tempdir().expect("a folder");
    fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).expect("chmod");
    let folder = temporary.path().join("workspace");
    lay_out(&case, &folder);
    let before = case.runs_after.map(|_| {
        let first = Command::new(feuerprobe())
            .args(["replay", "--quiet", "--recordings", "recordings/shadow-copies"])
            .current_dir(&folder)
            .output()
            .expect("a first run");
        assert!(first.status.success(), "{name}: {}", String::from_utf8_lossy(&first.stderr));
    });
    let mut wrong = Vec::new();
    let mut shown = String::new();
    for args in std::iter::once(&case.args).chain(&case.also) {
        let output = start(&case, args, &folder);
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let before = wrong.len();
        if output.status.code() != Some(case.exit) {
            wrong.push(format!("{args:?}: exit {:?}, expected {}", output.status.code(), case.exit));
        }
        if said.contains("panicked") {
            wrong.push(format!("{args:?}: it panicked"));
        }
        let silent = case.says.iter().filter(|s| !said.contains(s.as_str()));
        wrong.extend(silent.map(|s| format!("{args:?}: it does not say {s:?}")));
        let loose = case.keeps_quiet_about.iter().filter(|s| said.contains(s.as_str()));
        wrong.extend(loose.map(|s| format!("{args:?}: it says {s:?}")));
        if wrong.len() > before {
            shown.extend(said.chars().take(3_000));
        }
    }
    if let (Some(()), Some(expected)) = (before, case.runs_after) {
        let found = runs(&folder);
        if found != expected {
            wrong.push(format!("the ledger holds {found} runs, expected {expected}"));
        }
    }
    for file in &case.unreadable {
        // So that the temporary folder can be removed.
        let _ = fs::set_permissions(folder.join(file), fs::Permissions::from_mode(0o755));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{name} ({}): {}\n{shown}", case.about, wrong.join("; ")))
    }
}

#[test]
fn every_case_ends_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_input");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("cases")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
        .collect();
    cases.sort();
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|c| check(c).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n\n{}", wrong.len(), cases.len(), wrong.join("\n----\n"));
}
