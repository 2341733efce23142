//! How tests changed over stored runs, as text and as rows.

use std::collections::BTreeMap;

use model::drift::{Changed, Drift, DriftState, Tested};

use crate::list::{Cell, Table};
use crate::number::{moment, plural};
use crate::wrap::{joined, wrap};

/// Columns of the text.
const WIDTH: usize = 80;

/// Returns what changed, one entry for each cause, and how many tests stand how. `runs` is the
/// number of stored runs, `unread` that of those that could not be read.
pub fn text(all: &[Drift], runs: usize, unread: u64) -> String {
    let runs = u64::try_from(runs).unwrap_or(u64::MAX);
    let tests = u64::try_from(all.len()).unwrap_or(u64::MAX);
    if all.is_empty() {
        return "No stored run of `feuerprobe exercise`: there is nothing to compare.\n".to_owned();
    }
    let until = all.iter().map(|d| d.until).max().map(moment).unwrap_or_default();
    let mut lines = vec![format!(
        "{} in {}, the last at {until}",
        plural(tests, "test", "tests"),
        plural(runs, "stored run", "stored runs"),
    )];
    if unread > 0 {
        lines.push(format!("{} could not be read and count for nothing", plural(unread, "run", "runs")));
    }
    for ((state, changed), tests) in by_cause(all) {
        lines.push(String::new());
        lines.extend(wrap("", &format!("{}: {}", title(state), cause(state, &changed)), WIDTH));
        for test in tests {
            lines.extend(wrap("  ", &line(test), WIDTH));
        }
    }
    lines.push(String::new());
    let mut counts: BTreeMap<DriftState, u64> = BTreeMap::new();
    for one in all {
        *counts.entry(one.state).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {}", state.word())).collect();
    lines.extend(wrap("", &counts.join(", "), WIDTH));
    joined(&lines)
}

/// Tests that moved, by how they stand and what changed with them, so that a cause is named once.
fn by_cause(all: &[Drift]) -> BTreeMap<(DriftState, Vec<Changed>), Vec<&Drift>> {
    let mut groups: BTreeMap<(DriftState, Vec<Changed>), Vec<&Drift>> = BTreeMap::new();
    for one in all.iter().filter(|d| d.state.moved()) {
        groups.entry((one.state, one.changed.clone())).or_default().push(one);
    }
    groups
}

fn title(state: DriftState) -> &'static str {
    match state {
        DriftState::Worse => "WORSE",
        DriftState::PerhapsWorse => "PERHAPS WORSE",
        DriftState::Inconsistent => "INCONSISTENT",
        DriftState::NotRun => "NOT RUN",
        DriftState::NoOutcome => "NO OUTCOME",
        DriftState::Missed => "MISSED",
        DriftState::New => "NEW",
        DriftState::Better => "BETTER",
        DriftState::PerhapsBetter => "PERHAPS BETTER",
        DriftState::Seen => "SEEN",
    }
}

/// Returns what changed, and how sure it is that it is the cause.
fn cause(state: DriftState, changed: &[Changed]) -> String {
    match (state, changed) {
        (DriftState::NotRun, _) => "in an older run, not in the newest".to_owned(),
        (DriftState::Inconsistent, _) => {
            "the same inputs gave both results; host and sensor are not recorded".to_owned()
        }
        (_, []) => "no recorded input changed; host and sensor are not recorded".to_owned(),
        (_, [only]) => format!("with {} (the only recorded input that changed)", name(only)),
        (_, several) => {
            let names: Vec<String> = several.iter().map(name).collect();
            format!("with one of {} changed inputs: {}", several.len(), names.join("; "))
        }
    }
}

fn name(changed: &Changed) -> String {
    match changed {
        Changed::Procedure => "the procedure edited".to_owned(),
        Changed::Sandbox => "another tier or user of the sandbox".to_owned(),
        Changed::Profile => "the profile changed".to_owned(),
        Changed::RuleEdited(file) => format!("rule {file} edited"),
        Changed::RuleAdded(file) => format!("rule {file} added"),
        Changed::RuleRemoved(file) => format!("rule {file} removed"),
        Changed::Attack => "another ATT&CK version".to_owned(),
        Changed::Product => "another version of Feuerprobe".to_owned(),
    }
}

fn line(test: &Drift) -> String {
    let seen = |t: Tested| format!("{} of {}", t.seen, t.runs);
    let mut text = if test.before.runs == 0 {
        format!("{}: seen in {} runs", test.verdict, seen(test.now))
    } else {
        let (before, now, since) = (seen(test.before), seen(test.now), moment(test.since));
        format!("{}: seen in {before} runs before, {now} since {since}", test.verdict)
    };
    if test.before.runs > 0 && test.now.runs > 0 {
        text.push_str(&format!(", p {}", p(test.p)));
    }
    match (test.state, test.repeats) {
        (DriftState::PerhapsWorse, Some(more)) => {
            let runs = plural(
                more.into(),
                "more run without an alert shows it",
                "more runs without an alert show it",
            );
            text.push_str(&format!("; {runs}"));
        }
        (DriftState::PerhapsWorse, None) => text.push_str("; too few runs before to show it"),
        _ => {}
    }
    text
}

fn p(value: f64) -> String {
    if value < 0.001 { "< 0.001".to_owned() } else { format!("{value:.3}") }
}

/// Returns one row for each test.
pub fn table(all: &[Drift]) -> Table {
    let rows = all.iter().map(|d| {
        let changed: Vec<String> = d.changed.iter().map(name).collect();
        vec![
            Cell::from(d.verdict.to_string()),
            d.state.word().into(),
            d.before.seen.into(),
            d.before.runs.into(),
            d.now.seen.into(),
            d.now.runs.into(),
            Cell::decimal(d.p, 3),
            changed.join("; ").into(),
            d.repeats.into(),
            moment(d.since).into(),
            moment(d.until).into(),
        ]
    });
    let columns = [
        "test",
        "state",
        "seen before",
        "runs before",
        "seen",
        "runs",
        "p",
        "changed",
        "more misses",
        "since",
        "until",
    ];
    Table::new(columns, rows)
}

/// Returns the tests as a JSON array.
pub fn json(all: &[Drift]) -> String {
    let mut text = serde_json::to_string_pretty(all).unwrap_or_default();
    text.push('\n');
    text
}

/// Returns the tests as one JSON object a line.
pub fn ndjson(all: &[Drift]) -> String {
    all.iter().filter_map(|d| serde_json::to_string(d).ok()).map(|line| line + "\n").collect()
}
