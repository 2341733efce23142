//! Planned runs, as a timer starts them: what is due runs once, and every other planned time is a row
//! with its reason. The times themselves are tested with a clock that is handed in, in `rehearsal`.

#![cfg(target_os = "linux")]

use std::path::PathBuf;

use model::quantity::Timestamp;
use model::schedule::SlotState;
use store::Ledger;

use crate::tampering::ended;

const HOUR: i64 = 3_600_000;

/// A workspace with one schedule, planned for a minute of each hour that is half an hour away.
struct Site {
    _dir: tempfile::TempDir,
    folder: PathBuf,
    now: Timestamp,
}

impl Site {
    fn new(job: &str, more: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (code, _, said) = ended(dir.path(), &["init", "w", "--quiet"]);
        assert_eq!(code, Some(0), "{said}");
        let folder = dir.path().join("w");
        let now = app::clock::now();
        let minute = (now.0 / 60_000 + 30) % 60;
        let text = format!(
            "\n[[schedule]]\nname = \"hourly\"\nrun = \"{job}\"\ncron = \"{minute} * * * *\"\n{more}\n"
        );
        let file = folder.join("feuerprobe.toml");
        let before = std::fs::read_to_string(&file).expect("the workspace file");
        std::fs::write(&file, before + &text).expect("written");
        Self { _dir: dir, folder, now }
    }

    fn ledger(&self) -> Ledger {
        Ledger::open(&self.folder.join(".feuerprobe/ledger.db")).expect("a ledger")
    }

    /// The schedule was first seen some time ago.
    fn seen(self, hours: i64) -> Self {
        self.ledger().progress("hourly", Timestamp(self.now.0 - hours * HOUR)).expect("known");
        self
    }

    fn tick(&self) -> (Option<i32>, String, String) {
        ended(&self.folder, &["tick", "--format", "csv"])
    }

    fn states(&self) -> Vec<(SlotState, String)> {
        let rows = self.ledger().slots(100).expect("rows");
        rows.into_iter().map(|row| (row.state.expect("a known state"), row.why)).collect()
    }
}

#[test]
fn a_due_run_is_done_once_and_missed_ones_are_rows() {
    let site = Site::new("replay", "").seen(3);
    let (code, out, said) = site.tick();
    assert_eq!(code, Some(0), "{out}{said}");
    let states = site.states();
    assert_eq!(states.len(), 3, "{states:?}");
    assert_eq!(states[0].0, SlotState::Finished, "{states:?}");
    for (state, why) in &states[1..] {
        assert_eq!(*state, SlotState::Skipped);
        assert!(why.starts_with("missed; made up for by the run of "), "{why}");
    }
    let row = site.ledger().slots(1).expect("rows").remove(0);
    let run = site.ledger().runs().expect("runs").remove(0);
    assert_eq!((row.run.as_deref(), row.why), (Some(run.info.id.as_str()), run.summary));
    assert_eq!(run.info.verb, "replay");

    let (code, out, _) = site.tick();
    assert_eq!((code, out.lines().count()), (Some(0), 1), "a header and nothing due: {out}");
    assert_eq!(site.states().len(), 3);
    let (code, out, _) = ended(&site.folder, &["list", "slots", "--format", "csv"]);
    assert_eq!((code, out.lines().count()), (Some(0), 4), "{out}");
    let (code, out, _) = ended(&site.folder, &["list", "schedules", "--format", "json"]);
    assert_eq!(code, Some(0));
    let rows: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&rows[0]["run"], &rows[0]["alarm"]), (&"replay".into(), &serde_json::Value::Null));
    assert!(rows[0]["next"].as_str().is_some_and(|next| next.ends_with("UTC")), "{out}");
}

#[test]
fn a_new_schedule_starts_with_its_next_time() {
    let site = Site::new("replay", "");
    let (code, ..) = site.tick();
    assert_eq!((code, site.states().len()), (Some(0), 0));
}

#[test]
fn behind_the_stop_file_nothing_starts_and_silence_is_an_alarm() {
    let site = Site::new("replay", "alarm = \"10h\"").seen(12);
    std::fs::write(site.folder.join(".feuerprobe/stop"), "").expect("written");
    let (code, _, said) = site.tick();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("hourly: no run has finished for 12 h; the schedule allows 10 h"), "{said}");
    let states = site.states();
    assert_eq!(states.len(), 12);
    assert!(
        states.iter().all(|(s, why)| (*s, why.as_str()) == (SlotState::Skipped, "the stop file is there"))
    );
    assert!(site.ledger().runs().expect("runs").is_empty());
}

#[test]
fn a_run_that_was_cut_off_is_a_failed_row() {
    let site = Site::new("replay", "").seen(1);
    let planned = Timestamp(site.now.0 - 10 * HOUR);
    assert!(site.ledger().settle("hourly", planned, None, planned).expect("noted"));
    assert!(
        !site.ledger().settle("hourly", planned, None, planned).expect("noted"),
        "a slot is decided once"
    );
    let (code, _, said) = site.tick();
    assert_eq!(code, Some(0), "{said}");
    let states = site.states();
    let (state, why) = states.last().expect("the oldest");
    assert_eq!((*state, why.as_str()), (SlotState::Failed, "cut off: the process that ran it was ended"));
}

#[test]
fn beside_another_run_a_slot_is_skipped_or_waits() {
    for (overlap, rows) in [("skip", 2), ("queue", 0)] {
        let site = Site::new("replay", &format!("overlap = \"{overlap}\"")).seen(2);
        let ledger = site.ledger();
        let turn = ledger.turn(site.now).expect("asked").expect("free");
        let (code, out, said) = site.tick();
        assert_eq!(code, Some(0), "{out}{said}");
        let states = site.states();
        assert_eq!(states.len(), rows, "{overlap}: {states:?}");
        drop(turn);
        let (code, ..) = site.tick();
        assert_eq!(code, Some(0));
        let finished = site.states().iter().filter(|(s, _)| *s == SlotState::Finished).count();
        assert_eq!(finished, usize::from(overlap == "queue"), "{overlap}");
    }
}

#[test]
fn a_run_that_cannot_be_done_is_a_failed_row_with_its_reason() {
    let site = Site::new("replay", "").seen(1);
    std::fs::remove_dir_all(site.folder.join("recordings")).expect("removed");
    let (code, _, said) = site.tick();
    assert_eq!(code, Some(5), "{said}");
    let states = site.states();
    assert_eq!(states[0].0, SlotState::Failed, "{states:?}");
    assert!(states[0].1.contains("recording"), "{states:?}");
}

#[test]
fn a_fault_in_a_schedule_starts_nothing_and_is_named() {
    let site = Site::new("replays", "zone = \"Europe/Bonn\"").seen(2);
    let (code, _, said) = site.tick();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("run = \"replays\"") && said.contains("Europe/Bonn"), "both at once: {said}");
    assert!(said.contains("feuerprobe.toml:"), "{said}");
    assert!(site.states().is_empty());
    let (code, ..) = ended(&site.folder, &["check"]);
    assert_eq!(code, Some(2), "check finds it too");
}
