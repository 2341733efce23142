//! Runs over weeks, with a clock that is handed in: what starts is exactly what was written by hand.

use jiff::tz::TimeZone;
use model::quantity::Timestamp;
use rehearsal::WorkspaceFile;
use rehearsal::schedule::{Asked, Schedule};

const FILE: &str = r#"
[[schedule]]
name = "nightly"
run = "exercise"
cron = "30 2 * * *"
zone = "Europe/Berlin"
missed = "MISSED"
grace = "30h"
blackout = ["easter"]

[[blackout]]
name = "easter"
cron = "0 18 6 4 *"
zone = "Europe/Berlin"
for = "30h"
why = "payment runs"
"#;

fn schedules(text: &str) -> Vec<Schedule> {
    let file = WorkspaceFile::read("feuerprobe.toml", text.as_bytes()).expect("it is TOML");
    let mut said = Vec::new();
    let found = file.schedules(&|name| TimeZone::get(name).ok()).report(&mut said);
    assert!(said.is_empty(), "{said:?}");
    found
}

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().expect("a moment").as_millisecond())
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).expect("a moment").strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// Asks every fifteen minutes but in the outage; returns starts and what was skipped.
fn asked(schedule: &Schedule, (from, to): (&str, &str), outage: (&str, &str)) -> (Vec<String>, Vec<String>) {
    let (mut starts, mut skipped) = (Vec::new(), Vec::new());
    let (mut now, mut since) = (at(from), at(from));
    while now <= at(to) {
        if !(at(outage.0)..at(outage.1)).contains(&now) {
            let asked = Asked { now, since, started: &[], stopped: false, busy: false };
            for slot in schedule.due(asked) {
                assert!(slot.planned > since, "a slot comes once");
                since = slot.planned;
                match slot.skipped {
                    None => starts.push(shown(now)),
                    Some(why) => skipped.push(format!("{}: {why}", shown(slot.planned))),
                }
            }
        }
        now = Timestamp(now.0 + 15 * 60_000);
    }
    (starts, skipped)
}

/// A three-day outage, the two changes of the clock and a blackout, in Berlin. On 2026-03-29 there is
/// no 02:30, and on 2026-10-25 there are two.
#[test]
fn an_outage_two_changes_of_the_clock_and_a_blackout_give_the_written_list() {
    let schedule = schedules(&FILE.replace("MISSED", "once")).remove(0);
    let spring = ("2026-03-26T12:00:00Z", "2026-04-08T12:00:00Z");
    let (starts, skipped) = asked(&schedule, spring, ("2026-04-01T12:00:00Z", "2026-04-04T12:00:00Z"));
    assert_eq!(
        starts,
        [
            "2026-03-27 01:30Z",
            "2026-03-28 01:30Z",
            "2026-03-29 01:00Z",
            "2026-03-30 00:30Z",
            "2026-03-31 00:30Z",
            "2026-04-01 00:30Z",
            "2026-04-04 12:00Z",
            "2026-04-05 00:30Z",
            "2026-04-06 00:30Z",
            "2026-04-08 00:30Z",
        ]
    );
    assert_eq!(
        skipped,
        [
            "2026-04-02 00:30Z: missed by 2 d 11 h, more than 1 d 6 h",
            "2026-04-03 00:30Z: missed by 1 d 11 h, more than 1 d 6 h",
            "2026-04-07 00:30Z: blackout easter: payment runs",
        ]
    );
    let autumn = ("2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z");
    let (starts, skipped) = asked(&schedule, autumn, ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"));
    assert_eq!(starts, ["2026-10-24 00:30Z", "2026-10-25 00:30Z", "2026-10-26 01:30Z", "2026-10-27 01:30Z"]);
    assert!(skipped.is_empty(), "{skipped:?}");
}

#[test]
fn missed_runs_are_left_out_made_up_for_once_or_each() {
    let of = |missed: &str| {
        let text = FILE.replace("MISSED", missed).replace("\"30h\"", "\"60h\"").replace("\"30 2", "\"0 */6");
        let schedule = schedules(&text).remove(0);
        let window = ("2026-05-01T05:00:00Z", "2026-05-02T21:00:00Z");
        let (starts, skipped) = asked(&schedule, window, ("2026-05-01T12:00:00Z", "2026-05-02T13:00:00Z"));
        (starts, skipped.len())
    };
    // Planned at 10, 16, 22, 04, 10 and 16 o'clock UTC; the outage hides those from 16 to 10.
    let day = |times: &[&str]| times.iter().map(|t| format!("2026-05-0{t}Z")).collect::<Vec<_>>();
    assert_eq!(of("skip"), (day(&["1 10:00", "2 16:00"]), 4));
    assert_eq!(of("once"), (day(&["1 10:00", "2 13:00", "2 16:00"]), 3));
    let each = ["1 10:00", "2 13:00", "2 13:00", "2 13:00", "2 13:00", "2 16:00"];
    assert_eq!(of("each"), (day(&each), 0));
}

#[test]
fn nothing_starts_beside_another_run_behind_the_stop_file_or_over_the_cap() {
    let text = FILE.replace("MISSED", "each").replace("grace =", "cap = 2\ngrace =");
    let schedule = schedules(&text).remove(0);
    let (since, now) = (at("2026-05-01T00:00:00Z"), at("2026-05-01T00:30:00Z"));
    let asked = Asked { now, since, started: &[], stopped: false, busy: false };
    let why = |asked: Asked<'_>| schedule.due(asked).remove(0).skipped.unwrap_or_default();
    assert_eq!(why(asked), "");
    assert_eq!(why(Asked { stopped: true, ..asked }), "the stop file is there");
    assert_eq!(why(Asked { busy: true, ..asked }), "another run goes on");
    assert_eq!(why(Asked { started: &[since, since], ..asked }), "there are at most 2 runs in 24 hours");
    // Nightly: a day, the blackout of 30 hours and the grace of 30 hours.
    assert_eq!(schedule.alarm(at("2026-04-28T00:30:00Z"), now), None);
    assert!(schedule.alarm(at("2026-04-26T00:30:00Z"), now).is_some(), "five days without a run");
}

#[test]
fn a_jitter_is_the_same_everywhere_and_keeps_the_order() {
    let text = FILE.replace("MISSED", "once").replace("grace =", "jitter = \"20m\"\ngrace =");
    let schedule = schedules(&text).remove(0);
    let slots = schedule.times.between(at("2026-05-01T00:00:00Z"), at("2026-08-01T00:00:00Z"));
    assert_eq!(slots.len(), 92);
    let late: Vec<i64> = slots.iter().map(|s| schedule.fires(*s).0 - s.0).collect();
    assert!(late.iter().all(|l| (0..20 * 60_000).contains(l)));
    let mean = late.iter().sum::<i64>() / 92;
    assert!((420_000..780_000).contains(&mean), "a mean of {mean} ms, not ten minutes");
    assert_eq!(late, slots.iter().map(|s| schedule.fires(*s).0 - s.0).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_planned_is_named_with_its_line() {
    let text = FILE
        .replace("MISSED", "twice")
        .replace("30 2 * * *", "61 2 * * *")
        .replacen("Europe/Berlin", "Europe/Bonn", 1)
        .replace("[\"easter\"]", "[\"lent\"]");
    let file = WorkspaceFile::read("feuerprobe.toml", text.as_bytes()).expect("it is TOML");
    let mut said = Vec::new();
    let found = file.schedules(&|name| TimeZone::get(name).ok()).report(&mut said);
    assert!(found.is_empty());
    let lines: Vec<u32> = said.iter().filter_map(|d| d.position.map(|p| p.line)).collect();
    assert_eq!(lines, [7, 6, 5, 9], "{said:?}");
    let never = FILE
        .replace("MISSED", "once")
        .replace("30 2 * * *", "30 2 30 2 *")
        .replace("grace =", "cap = 0\ngrace =");
    let file = WorkspaceFile::read("feuerprobe.toml", never.as_bytes()).expect("it is TOML");
    let mut said = Vec::new();
    assert!(file.schedules(&|name| TimeZone::get(name).ok()).report(&mut said).is_empty());
    for fault in ["is never due", "cap = 0"] {
        assert!(said.iter().any(|d| d.message.contains(fault)), "{said:?}");
    }
}

#[test]
fn silence_is_an_alarm_only_after_longer_than_the_plan_is_silent_itself() {
    let allowed = |cron: &str, more: &str| {
        let text = format!(
            "[[schedule]]\nname = \"s\"\nrun = \"replay\"\ncron = \"{cron}\"\ngrace = \"6h\"\n{more}\n"
        );
        schedules(&text).remove(0).allowed(at("2026-05-01T00:00:00Z")).0 / 3_600_000
    };
    // The longest time between two runs, and six hours of grace.
    assert_eq!(allowed("0 3 * * *", ""), 24 + 6);
    assert_eq!(allowed("0 3 * * 1-5", ""), 3 * 24 + 6);
    assert_eq!(allowed("0 3 * * 0", ""), 7 * 24 + 6);
    assert_eq!(allowed("0 3 1 * *", ""), 31 * 24 + 6);
    assert_eq!(allowed("0 3 1 1 *", ""), 365 * 24 + 6);
    assert_eq!(allowed("0 3 * * 0", "alarm = \"4d\""), 4 * 24);
}
