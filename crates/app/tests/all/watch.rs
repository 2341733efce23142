//! `watch`: files of a workspace change, and what that makes of rules and verdicts is printed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use app::intake::States;
use rehearsal::Changed;

/// Longest time until a line is there, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(90);

fn init(folder: &Path) -> PathBuf {
    let workspace = folder.join("w");
    let made = Command::new(env!("CARGO_BIN_EXE_feuerprobe")).arg("init").arg(&workspace).output();
    assert!(made.expect("the program starts").status.success());
    workspace
}

/// A program that watches, and its lines.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn over(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
            .args(["watch"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (put, lines) = channel();
        let out = child.stdout.take().expect("it is piped");
        let err = child.stderr.take().expect("it is piped");
        let other = put.clone();
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|l| put.send(l))
        });
        std::thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).try_for_each(|l| other.send(l))
        });
        Self { child, lines }
    }

    /// Returns the lines until one that holds `end`.
    fn until(&self, end: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line: &String| !line.contains(end)) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => lines.push(line),
                Err(_) => panic!("no line with {end:?}, but:\n{}", lines.join("\n")),
            }
        }
        lines
    }

    /// Returns the lines until each of these stood in one. Messages and answers come through two
    /// pipes, so that either may come first.
    fn until_all(&self, ends: &[&str]) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for end in ends {
            if !lines.iter().any(|line| line.contains(end)) {
                lines.extend(self.until(end));
            }
        }
        lines
    }

    fn interrupt(mut self) -> Option<i32> {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("it starts").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a file as editors do: under another name, then in its place.
fn write(path: &Path, text: &str) {
    let name = path.file_name().expect("a name").to_string_lossy();
    let new = path.with_file_name(format!(".{name}.new"));
    std::fs::write(&new, text).expect("it can be written");
    std::fs::rename(new, path).expect("it can be renamed");
}

const LOOKED: &str = "judged again";

#[test]
fn a_rule_that_falls_silent_is_told_with_file_and_line_and_one_that_breaks_is_stale() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = init(folder.path());
    let watch = Watch::over(&workspace, &["--trials", "50"]);
    watch.until("Ctrl-C ends");
    let path = workspace.join("rules/shadow_copies_deleted.yml");
    let rule = std::fs::read_to_string(&path).expect("it is there");

    write(&path, &rule.replace("vssadmin", "vssadmim"));
    let told = watch.until(LOOKED).join("\n");
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = 1 + rule.lines().position(|l| l.contains("vssadmin")).expect("the rule names it");
    for wanted in [
        "rules/shadow_copies_deleted.yml changed",
        "on shadow-copies: alerted on 1 event -> silent",
        &format!("rules/shadow_copies_deleted.yml:{line}: "),
        "verdict T1490 on shadow-copies: alerted",
        "-> logged, no alert",
        " s: 1 rule over ",
    ] {
        assert!(flat.contains(wanted), "no {wanted:?} in:\n{told}");
    }

    write(&path, &rule);
    assert!(watch.until(LOOKED).join(" ").contains("silent -> alerted on 1 event"));

    write(&path, &rule.replace("detection:", "detection: ["));
    let told = watch.until_all(&[LOOKED, "error"]).join("\n");
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in
        ["alerted on 1 event -> stale: its file cannot be used", "error", "shadow_copies_deleted.yml"]
    {
        assert!(flat.contains(wanted), "no {wanted:?} in:\n{told}");
    }
    assert_eq!(watch.interrupt(), Some(130));
}

#[test]
fn a_changed_estate_runs_the_races_again_and_a_broken_one_makes_them_stale() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = init(folder.path());
    let watch = Watch::over(&workspace, &["--trials", "50"]);
    let first = watch.until("Ctrl-C ends").join("\n");
    assert!(first.contains("chance of"), "the comparison stands first:\n{first}");
    let path = workspace.join("estate.yaml");
    let estate = std::fs::read_to_string(&path).expect("it is there");
    write(&path, &format!("{estate}\nunknown-key: 1\n"));
    let told = watch.until_all(&["STALE", "unknown-key"]).join("\n");
    assert!(told.contains("estate.yaml"), "{told}");
    assert!(estate.contains("analysts: 3"));
    write(&path, &estate.replace("analysts: 3", "analysts: 40"));
    let told = watch.until("payload").join("\n");
    assert!(told.contains("estate.yaml changed"), "{told}");
    assert_eq!(watch.interrupt(), Some(130));
}

#[test]
fn where_nothing_can_change_nothing_is_watched() {
    let folder = tempfile::tempdir().expect("a folder");
    let output =
        Command::new(env!("CARGO_BIN_EXE_feuerprobe")).arg("watch").current_dir(folder.path()).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing is watched"));
}

#[test]
fn what_is_written_made_or_removed_is_told_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("rules")).expect("a folder");
    for (name, text) in
        [("rules/a.yml", "1"), ("rules/b.yml", "1"), ("rules/.c.yml.swp", "1"), ("x.yaml", "1")]
    {
        std::fs::write(at(name), text).expect("written");
    }
    let places = [at("rules"), at("x.yaml"), at("missing.yaml")];
    let first = States::of(&places);
    assert_eq!(first.files(), 3);
    assert_eq!(States::of(&places).since(&first), Changed::default());
    let name = |name: &str| at(name).display().to_string();
    // Of the same length, as an editor writes it.
    std::fs::write(at("rules/a.yml.new"), "2").expect("written");
    std::fs::rename(at("rules/a.yml.new"), at("rules/a.yml")).expect("renamed");
    std::fs::write(at("rules/.c.yml.swp"), "22").expect("written");
    let second = States::of(&places);
    let changed = second.since(&first);
    assert_eq!(
        (changed.files.iter().cloned().collect::<Vec<_>>(), changed.listed),
        (vec![name("rules/a.yml")], false)
    );
    std::fs::remove_file(at("rules/b.yml")).expect("removed");
    std::fs::write(at("missing.yaml"), "").expect("written");
    let changed = States::of(&places).since(&second);
    let expected = BTreeSet::from([name("rules/b.yml"), name("missing.yaml")]);
    assert_eq!((changed.files, changed.listed), (expected, true));
}
