//! `exercise` on a real machine: everything runs confined, nothing of the host
//! changes, a recording says the same as the run, and a kill leaves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Trees that nothing but an administrator changes: compared wholly.
const QUIET: [&str; 4] = ["/etc", "/usr/local", "/opt", "/srv"];

/// The user that nothing belongs to.
const NOBODY: u32 = 65_534;

fn feuerprobe(folder: &Path) -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")));
    command.current_dir(folder).env("CI", "1").env_remove("FEUERPROBE_LEDGER");
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0)
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

/// Returns whether this machine confines anything; a test without a sandbox says so.
fn confines(folder: &Path) -> bool {
    let doctor = feuerprobe(folder).arg("doctor").output().expect("doctor");
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    let yes = text.contains("`exercise` confines procedures");
    if !yes {
        skipped(&format!("no procedure can be confined here:\n{text}"));
    }
    yes
}

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn record(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", talk(output)))
}

/// Path, size, time of change and mode of everything below.
type Listing = BTreeMap<PathBuf, (u64, i64, i64, u32)>;

fn look(path: &Path) -> Option<(u64, i64, i64, u32)> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    Some((meta.len(), meta.mtime(), meta.mtime_nsec(), meta.mode()))
}

fn list(root: &Path, listing: &mut Listing) {
    let Some(found) = look(root) else { return };
    listing.insert(root.to_owned(), found);
    if std::fs::symlink_metadata(root).is_ok_and(|m| m.is_dir()) {
        for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
            list(&entry.path(), listing);
        }
    }
}

fn quiet_trees() -> Listing {
    let mut listing = Listing::new();
    QUIET.iter().for_each(|root| list(Path::new(root), &mut listing));
    listing
}

/// Returns every path that an exercise touched inside its sandbox.
fn touched(record: &Value) -> BTreeSet<String> {
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let exercises = record["exercises"].as_array().expect("exercises");
    let seen = exercises.iter().flat_map(|e| list(&e["seen"]["files"]));
    let changed = exercises.iter().flat_map(|e| list(&e["changes"]));
    let changed = changed.filter_map(|c| c.split_once(' ').map(|(_, path)| path.to_owned()));
    seen.chain(changed).filter(|path| path.starts_with('/')).collect()
}

fn all_clean(record: &Value, procedures: usize) {
    let exercises = record["exercises"].as_array().expect("exercises");
    assert!(exercises.len() >= procedures, "{} exercises", exercises.len());
    for exercise in exercises {
        let id = &exercise["recording"];
        assert!(exercise["tier"].is_string(), "{id} was not run");
        assert_eq!(exercise["clean"]["survivors"], 0, "{id}");
        assert_eq!(exercise["clean"]["mounts"], 0, "{id}");
    }
}

/// Runs the built-in procedures twice: what the first run touched is looked at on
/// the host before and after the second.
fn host_stays_as_it_is(folder: &Path, user: Option<u32>) {
    let run = |folder: &Path| {
        let mut command = feuerprobe(folder);
        command.args(["exercise", "--quiet", "--format", "json", "--fresh"]);
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        command.output().expect("exercise")
    };
    let touched = touched(&record(&run(folder)));
    let of_touched =
        || -> Vec<_> { touched.iter().map(|path| (path.clone(), look(Path::new(path)))).collect() };
    let (trees, paths) = (quiet_trees(), of_touched());
    let output = run(folder);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {}", output.status, talk(&output));
    assert_eq!(trees, quiet_trees(), "a tree of the host changed");
    assert_eq!(paths, of_touched(), "a path that was touched inside changed outside");
    let record = record(&output);
    all_clean(&record, 2);
    let misses = record["verdicts"].as_array().expect("verdicts").iter().filter(|v| {
        matches!(v["outcome"]["outcome"].as_str(), Some("logged" | "blind"))
            && v["causes"].as_array().is_none_or(Vec::is_empty)
    });
    assert_eq!(misses.count(), 0, "every miss has a cause");
}

fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).expect("open to all");
    folder
}

#[test]
fn all_procedures_run_clean_and_the_host_stays_as_it_is() {
    let folder = open_folder();
    if confines(folder.path()) {
        host_stays_as_it_is(folder.path(), None);
    }
}

#[test]
fn the_same_holds_for_an_ordinary_user() {
    let folder = open_folder();
    if !is_root() {
        return skipped("the test above ran as an ordinary user already");
    }
    let mut reachable = feuerprobe(folder.path());
    if reachable.arg("--version").uid(NOBODY).gid(NOBODY).output().is_err() {
        return skipped("the program lies where an ordinary user cannot reach it");
    }
    // Asked elsewhere: `doctor` makes a ledger, and that would be root's.
    if confines(open_folder().path()) {
        host_stays_as_it_is(folder.path(), Some(NOBODY));
    }
}

#[test]
fn a_recording_of_an_exercise_replays_to_the_same_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    let exercise = feuerprobe(folder.path())
        .args(["exercise", "--quiet", "--format", "json", "--record", "made"])
        .output()
        .expect("exercise");
    let replay = feuerprobe(folder.path())
        .args(["replay", "--quiet", "--format", "json", "--recordings", "made"])
        .output()
        .expect("replay");
    let (ran, replayed) = (record(&exercise), record(&replay));
    let verdicts = |record: &Value| record["verdicts"].as_array().cloned().expect("verdicts");
    assert!(!verdicts(&ran).is_empty());
    for (one, two) in verdicts(&ran).iter().zip(verdicts(&replayed)) {
        assert_eq!(*one, two);
    }
    assert_eq!(verdicts(&ran).len(), verdicts(&replayed).len());
    assert_eq!(ran["replays"], replayed["replays"]);
}

/// Writes procedures that would outlive the program if anything did.
fn hundred(folder: &Path, word: &str) -> PathBuf {
    let root = folder.join("procedures");
    for number in 0..100 {
        let dir = root.join(format!("p{number:03}"));
        std::fs::create_dir_all(&dir).expect("a folder");
        let text = format!(
            "name: Waits\ntechniques: [T1057]\nexecutor:\n  shell: sh\n  command: |\n    sleep 600{word} &\n    sleep 0.05\n    echo {number} > /tmp/{word}\neffects: {{files: [/tmp/{word}], processes: [sleep]}}\nsuccess: test -s /tmp/{word}\n"
        );
        std::fs::write(dir.join("procedure.yaml"), text).expect("a procedure");
    }
    root
}

fn alive(word: &str) -> usize {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let ours = |entry: &std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).starts_with("sleep\x00600")
            && String::from_utf8_lossy(&line).contains(word)
    };
    processes.filter(ours).count()
}

fn mounts() -> usize {
    std::fs::read_to_string("/proc/self/mountinfo").expect("mounts").lines().count()
}

/// Kills the program with signal 9 at moments nobody controls, again and again, in
/// the middle of a hundred exercises; then lets it come to its end.
#[test]
fn a_kill_in_the_middle_leaves_nothing_and_the_next_run_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    // Digits, so that `sleep` takes it for a time: a fraction of a second.
    let word = format!(".{}", std::process::id());
    let root = hundred(folder.path(), &word);
    let start = || {
        let mut command = feuerprobe(folder.path());
        command.args(["exercise", "--format", "json", "--procedures"]).arg(&root);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let before = mounts();
    let mut went_on = 0;
    for step in 0..6_u64 {
        let mut child = start().spawn().expect("start");
        // Spread by spinning, not by the clock: the test asserts the same whenever it falls.
        for _ in 0..(step + 1) * 20_000_000 {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        let output = child.wait_with_output().expect("the end");
        went_on += usize::from(talk(&output).contains("done in the interrupted run"));
        // The kernel ends a sandbox in its own time, and it does end it.
        let gone = (0..2_000).any(|_| alive(&word) == 0);
        assert!(gone, "{} processes outlived the kill", alive(&word));
        assert_eq!(mounts(), before, "a mount outlived the kill");
        assert!(!Path::new(&format!("/tmp/{word}")).exists(), "a file outlived the kill");
    }
    let output = start().output().expect("the last run");
    assert!(matches!(output.status.code(), Some(0)), "{:?}: {}", output.status, talk(&output));
    went_on += usize::from(talk(&output).contains("done in the interrupted run"));
    assert!(went_on > 0, "no run went on with an interrupted one: {}", talk(&output));
    let record = record(&output);
    all_clean(&record, 100);
    assert_eq!(record["exercises"].as_array().map(Vec::len), Some(100), "each once");
}

#[test]
fn an_undeclared_effect_is_a_breach_of_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    let dir = folder.path().join("p/one");
    std::fs::create_dir_all(&dir).expect("a folder");
    let text = "name: Says less than it does\ntechniques: [T1057]\nexecutor:\n  shell: sh\n  command: |\n    cat /etc/passwd > /tmp/said\n    cat /etc/passwd > /tmp/unsaid\neffects: {files: [/tmp/said], processes: [cat]}\nsuccess: test -s /tmp/said\n";
    std::fs::write(dir.join("procedure.yaml"), text).expect("a procedure");
    let output = feuerprobe(folder.path())
        .args(["exercise", "--quiet", "--format", "json", "--procedures", "p"])
        .output()
        .expect("exercise");
    let record = record(&output);
    assert_eq!(record["recordings"][0]["run"]["status"], "breach-of-contract", "{}", talk(&output));
    assert_eq!(record["exercises"][0]["undeclared"][0], "file /tmp/unsaid");
    assert!(record["verdicts"][0]["outcome"].is_null(), "its result does not count");
}

/// Names select by whole id, folder or technique, and only where nothing bears the name by
/// the beginning of ids: then all that begin so.
#[test]
fn the_beginning_of_an_id_selects_all_that_begin_so_unless_one_is_meant_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    for id in ["cron/a", "cron/ab", "cron-b", "crown"] {
        let dir = folder.path().join("p").join(id);
        std::fs::create_dir_all(&dir).expect("a folder");
        let text = "name: Does nothing\ntechniques: [T1057]\nexecutor: {shell: sh, command: \":\"}\neffects: {}\nsuccess: \"true\"\n";
        std::fs::write(dir.join("procedure.yaml"), text).expect("a procedure");
    }
    let run = |names: &[&str]| {
        let arguments = ["exercise", "--quiet", "--fresh", "--format", "json", "--procedures", "p"];
        feuerprobe(folder.path()).args(arguments).args(names).output().expect("exercise")
    };
    let all = ["cron-b", "cron/a", "cron/ab", "crown"];
    for (names, expected) in [
        (&["cron/a"][..], &["cron/a"][..]),
        (&["cron"], &["cron/a", "cron/ab"]),
        (&["cro"], &all),
        (&["cron-"], &["cron-b"]),
        (&["cron/a", "crow"], &["cron/a", "crown"]),
        (&["T1057"], &all),
    ] {
        let record = record(&run(names));
        let ids = record["exercises"].as_array().expect("exercises").iter();
        let mut ids: Vec<&str> = ids.filter_map(|e| e["recording"].as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "{names:?}");
    }
    let output = run(&["cron/a", "cronos"]);
    assert_eq!(output.status.code(), Some(3), "{}", talk(&output));
    assert!(
        talk(&output).contains("\"cronos\"") && talk(&output).contains("list procedures"),
        "{}",
        talk(&output)
    );
}

/// The first alert of an exercise counts from the action that completes a correlation, and comes
/// also where a procedure did so much before that not every action was looked at.
#[test]
fn a_correlation_raises_the_alarm_with_the_action_that_completes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let base = |id: &str, image: &str| {
        format!(
            "title: {id}\nid: {id}\nname: {id}\ntags: [attack.t1033]\nlogsource: {{product: linux, category: process_creation}}\n\
             detection:\n  one:\n    Image|endswith: /{image}\n  condition: one\n"
        )
    };
    write("rules/id.yml", &base("one-look", "id"));
    write(
        "rules/looks.yml",
        "title: Looks\nid: looks\ntags: [attack.t1033]\ncorrelation:\n  type: event_count\n  rules: [one-look]\n  \
         group-by: [Computer]\n  timespan: 1m\n  condition: {gte: 3}\n",
    );
    write("late/uname.yml", &base("late", "uname"));
    let procedure = |name: &str, command: &str| {
        write(
            &format!("p/{name}/procedure.yaml"),
            &format!(
                "name: {name}\ntechniques: [T1033]\nexecutor: {{shell: sh, command: \"{command}\"}}\n\
                 effects: {{processes: [id, sleep, uname]}}\nsuccess: \"true\"\n"
            ),
        );
    };
    procedure("twice", "id; sleep 0.3; id");
    procedure("thrice", "id; sleep 0.3; id; sleep 0.3; id");
    procedure("many", "i=0; while [ $i -lt 150 ]; do sleep 0; i=$((i+1)); done; uname");
    let alert_after = |name: &str, rules: &str| {
        let output = feuerprobe(folder.path())
            .args(["exercise", "--fresh", "--quiet", "--format", "json", "--procedures", "p", "--rules"])
            .args([rules, name])
            .output()
            .expect("exercise");
        let record = record(&output);
        let exercise = &record["exercises"][0];
        assert_eq!(exercise["recording"], name, "{}", talk(&output));
        let outcome = record["verdicts"][0]["outcome"]["outcome"].clone();
        (exercise["alert_after"].as_u64(), exercise["elapsed"].as_u64(), outcome)
    };
    let (alert, _, outcome) = alert_after("twice", "rules");
    assert_eq!((alert, outcome), (None, Value::from("logged")));
    let (alert, elapsed, outcome) = alert_after("thrice", "rules");
    assert_eq!(outcome, "alerted");
    assert!(alert.is_some_and(|after| after >= 600_000), "{alert:?} of {elapsed:?} microseconds");
    let (alert, _, outcome) = alert_after("many", "late");
    assert!(alert.is_some() && outcome == "alerted", "{alert:?} {outcome}");
}

#[test]
fn an_act_that_shows_nothing_is_inconclusive_and_what_cannot_run_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    let run = |tests: &str| {
        let dir = folder.path().join("p/T1070.003");
        std::fs::create_dir_all(&dir).expect("a folder");
        let text =
            format!("attack_technique: T1070.003\ndisplay_name: Clear history\natomic_tests:\n{tests}");
        std::fs::write(dir.join("T1070.003.yaml"), text).expect("an imported file");
        let output = feuerprobe(folder.path())
            .args(["exercise", "--fresh", "--quiet", "--format", "json", "--procedures", "p"])
            .output()
            .expect("exercise");
        (record(&output), output)
    };
    let test = |name: &str, command: &str, more: &str| {
        format!(
            "- name: {name}\n  supported_platforms: [linux]\n{more}  executor:\n    name: bash\n    command: |\n      {command}\n"
        )
    };
    let (record, output) = run(&test("Nothing seen", "HISTFILE=/dev/null", ""));
    assert_eq!(record["verdicts"][0]["outcome"]["outcome"], "inconclusive", "{}", record["verdicts"][0]);
    assert_eq!(output.status.code(), Some(0), "{}", talk(&output));
    let needs = "  dependency_executor_name: bash\n  dependencies:\n  - description: never there\n    prereq_command: test -e /no/such/thing\n    get_prereq_command: 'true'\n";
    let (record, output) = run(&test("Needs what is not there", "cat /etc/passwd", needs));
    assert_eq!(record["recordings"][0]["run"]["status"], "not-run", "{}", record["recordings"][0]);
    assert_eq!(output.status.code(), Some(5), "{}", talk(&output));
}

/// The beginning of an id names every procedure that begins so, and no other.
#[test]
fn procedures_are_named_by_the_beginnings_of_their_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    if !confines(folder.path()) {
        return;
    }
    let run = |name: &str| {
        let arguments = ["exercise", name, "--quiet", "--format", "json", "--fresh"];
        feuerprobe(folder.path()).args(arguments).output().expect("the program starts")
    };
    let of = record(&run("cron-entr"));
    let exercises = of["exercises"].as_array().expect("exercises");
    let ids: Vec<&str> = exercises.iter().filter_map(|e| e["recording"].as_str()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| id.starts_with("cron-entr")), "{ids:?}");
    let unknown = run("ron-entry");
    assert_eq!(unknown.status.code(), Some(3));
    assert!(talk(&unknown).contains("\"ron-entry\" is not known"), "{}", talk(&unknown));
}
