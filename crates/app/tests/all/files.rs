//! Files are written whole, on disk, with their mode, and through nobody's link.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use app::files;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn feuerprobe(folder: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")))
        .args(arguments)
        .current_dir(folder)
        .env_remove("FEUERPROBE_LEDGER")
        .output()
        .unwrap()
}

#[test]
fn a_file_is_replaced_with_its_mode_and_nothing_else_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("report.html"), "old").unwrap();
    fs::set_permissions(at("report.html"), fs::Permissions::from_mode(0o640)).unwrap();
    // What the name of a temporary file could be guessed to be: somebody's link, and a
    // file of the user.
    fs::write(at("victim"), "precious").unwrap();
    symlink(at("victim"), at("report.html.part")).unwrap();
    fs::write(at("own.html.part"), "mine").unwrap();
    let linked = fs::metadata(at("report.html")).unwrap().ino();
    files::put(&at("report.html"), "new").unwrap();
    files::put(&at("own.html"), "new").unwrap();
    assert_eq!(fs::read_to_string(at("report.html")).unwrap(), "new");
    assert_eq!(mode(&at("report.html")), 0o640);
    assert_ne!(fs::metadata(at("report.html")).unwrap().ino(), linked, "it was written in place");
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(at("own.html.part")).unwrap(), "mine");
    assert_eq!(names(dir.path()), ["own.html", "own.html.part", "report.html", "report.html.part", "victim"]);
    // A new file is as any program makes one; a secret is not.
    let usual = mode(&at("victim"));
    assert_eq!(mode(&at("own.html")), usual);
    files::put_secret(&at("own.html"), "secret").unwrap();
    assert_eq!(mode(&at("own.html")), 0o600);
}

#[test]
fn an_own_link_is_followed_and_a_foreign_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("target"), "old").unwrap();
    symlink("target", at("link")).unwrap();
    files::put(&at("link"), "new").unwrap();
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at("target")).unwrap(), "new");
    if std::os::unix::fs::lchown(at("link"), Some(65_533), None).is_ok() {
        let refused = files::put(&at("link"), "theirs").unwrap_err().to_string();
        assert!(refused.contains("another user"), "{refused}");
        assert_eq!(fs::read_to_string(at("target")).unwrap(), "new");
    }
}

#[test]
fn a_pipe_is_written_to_and_stays_one() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reading = {
        let pipe = pipe.clone();
        std::thread::spawn(move || {
            let mut text = String::new();
            fs::File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
            text
        })
    };
    files::put(&pipe, "through").unwrap();
    assert_eq!(reading.join().unwrap(), "through");
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&fs::symlink_metadata(&pipe).unwrap().file_type()));
}

#[test]
fn of_several_who_make_a_secret_one_does_and_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/key");
    let made: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let path = &path;
                scope.spawn(move || files::make_secret(path, &n.to_string().repeat(4096)).unwrap())
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.len() == 4096 && text.bytes().all(|b| text.as_bytes().first() == Some(&b)));
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(path.parent().unwrap()), ["key"]);
}

#[test]
fn recordings_are_written_below_their_folder_through_no_link() {
    let dir = tempfile::tempdir().unwrap();
    let (root, out) = (dir.path().join("record"), dir.path().join("out"));
    fs::create_dir_all(root.join("a")).unwrap();
    fs::create_dir(&out).unwrap();
    files::put_below(&root, "a/b", [("x.yaml", "x")].into_iter()).unwrap();
    assert_eq!(fs::read_to_string(root.join("a/b/x.yaml")).unwrap(), "x");
    symlink(&out, root.join("linked")).unwrap();
    symlink(&out, root.join("a/linked")).unwrap();
    for below in ["linked", "linked/b", "a/linked", "a/b/x.yaml/c", "../out"] {
        let written = files::put_below(&root, below, [("x.yaml", "x")].into_iter());
        assert!(written.is_err(), "{below}");
    }
    assert!(names(&out).is_empty());
    // A link in place of a file is replaced, not followed.
    fs::write(out.join("victim"), "precious").unwrap();
    symlink(out.join("victim"), root.join("a/b/y.yaml")).unwrap();
    files::put_below(&root, "a/b", [("y.yaml", "y")].into_iter()).unwrap();
    assert_eq!(fs::read_to_string(out.join("victim")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(root.join("a/b/y.yaml")).unwrap(), "y");
}

#[test]
fn what_is_secret_is_readable_by_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("set.txt"), "nothing\n").unwrap();
    assert!(feuerprobe(dir.path(), &["outflow", "scan", "set.txt"]).status.success());
    let canary = feuerprobe(dir.path(), &["outflow", "canary", "--planted", "there", "--count", "2"]);
    assert!(canary.status.success(), "{}", String::from_utf8_lossy(&canary.stderr));
    let own = dir.path().join(".feuerprobe");
    for name in ["outflow.key", "outflow-plants.json", "ledger.db"] {
        assert_eq!(mode(&own.join(name)), 0o600, "{name}");
    }
    // A list of an older version is closed when it is next written.
    fs::set_permissions(own.join("outflow-plants.json"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        feuerprobe(dir.path(), &["outflow", "canary", "--planted", "x", "--count", "1"]).status.success()
    );
    assert_eq!(mode(&own.join("outflow-plants.json")), 0o600);
}

#[test]
fn keys_and_lists_do_not_move_with_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("set.txt"), "nothing\n").unwrap();
    let scan = |more: &[&str]| {
        let out = feuerprobe(dir.path(), &[&["outflow", "scan", "set.txt"], more].concat());
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    assert_eq!(scan(&["--ledger", "far/l.db"]).0, Some(0));
    let key = fs::read(dir.path().join(".feuerprobe/outflow.key")).unwrap();
    assert!(!dir.path().join("far/outflow.key").exists(), "the key moved with the ledger");
    assert_eq!(scan(&["--data-dir", "own"]).0, Some(0));
    assert_ne!(fs::read(dir.path().join("own/outflow.key")).unwrap(), key, "another folder, another key");
    // Two keys may be meant: neither is taken in silence.
    fs::copy(dir.path().join("own/outflow.key"), dir.path().join("far/outflow.key")).unwrap();
    let (code, said) = scan(&["--ledger", "far/l.db"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("far/outflow.key") && said.contains("--data-dir"), "{said}");
    assert_eq!(scan(&["--ledger", "far/l.db", "--data-dir", "far"]).0, Some(0));
    assert_eq!(scan(&["--ledger", ".feuerprobe/other.db"]).0, Some(0), "the same folder is no second one");
}

#[test]
fn a_watch_that_is_interrupted_writes_its_result() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("set.txt"), "nothing\n").unwrap();
    let mut child = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")))
        .args(["outflow", "scan", "set.txt", "--watch", "--every", "1s", "--output", "x.json"])
        .current_dir(dir.path())
        .env_remove("FEUERPROBE_LEDGER")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Its first look is told on stderr.
    let mut first = [0; 1];
    child.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(fs::read_to_string(dir.path().join("x.json")).unwrap().contains("\"people\""));
    assert!(!output.stdout.is_empty());
}

/// What is in memory during a scan can be read by root only, and no core is written.
#[test]
fn a_scan_leaves_no_image_of_its_memory() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(dir.path().join("set.txt"), "nothing\n").unwrap();
    let program = dir.path().join("program");
    fs::copy(env!("CARGO_BIN_EXE_feuerprobe"), &program).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let ordinary = |arguments: &[&str]| {
        let mut command = Command::new(if is_root { "setpriv" } else { "env" });
        if is_root {
            command.args(["--reuid=65533", "--regid=65533", "--clear-groups"]);
        }
        command.args(arguments).current_dir(dir.path());
        command
    };
    let mut child =
        ordinary(&[program.to_str().unwrap(), "outflow", "scan", "set.txt", "--watch", "--ledger", "l.db"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut first = [0; 1];
    child.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    let process = format!("/proc/{}", child.id());
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits.lines().find(|l| l.starts_with("Max core file size")).unwrap();
    let image = ordinary(&["cat", &format!("{process}/environ")]).output().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(core.split_whitespace().filter(|w| *w == "0").count(), 2, "{core}");
    assert!(!image.status.success(), "another process of the user can read its memory");
}
