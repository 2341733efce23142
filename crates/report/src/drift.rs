//! How tests changed over stored runs, as text and as rows.

use std::collections::BTreeMap;

use model::drift::{Changed, Drift, DriftCause, DriftState, Proof, Tested};

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
    for ((state, why), tests) in by_cause(all) {
        lines.push(String::new());
        lines.extend(wrap("", &format!("{}: {why}", state.word().to_uppercase()), WIDTH));
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

/// Tests that moved, by how they stand and why, so that a cause is named once.
fn by_cause(all: &[Drift]) -> BTreeMap<(DriftState, String), Vec<&Drift>> {
    let mut groups: BTreeMap<(DriftState, String), Vec<&Drift>> = BTreeMap::new();
    for one in all.iter().filter(|d| d.state.moved()) {
        groups.entry((one.state, why(one))).or_default().push(one);
    }
    groups
}

/// Returns why a test moved, and how that is known.
fn why(test: &Drift) -> String {
    match (test.state, &test.cause) {
        (DriftState::NotRun, _) => "in an older run, not in the newest".to_owned(),
        (DriftState::NoOutcome, _) => "no run came to an outcome".to_owned(),
        (_, Some(cause)) => cause_in_words(cause),
        (_, None) => "all runs have one answer".to_owned(),
    }
}

fn cause_in_words(cause: &DriftCause) -> String {
    let all = |set: &Vec<Changed>| set.iter().map(name).collect::<Vec<_>>().join(" and ");
    let sets = cause.sets.iter().map(all).collect::<Vec<_>>().join(", or ");
    let mut text = match (cause.proof, cause.sets.as_slice()) {
        (Proof::Shown, [_]) => {
            format!("{sets} (shown: the earlier answer comes back with this alone put back)")
        }
        (Proof::Shown, _) => format!("{sets} (shown: the earlier answer comes back with either put back)"),
        (Proof::ByElimination, []) => "no recorded input changed".to_owned(),
        (Proof::ByElimination, _) => format!("{sets} (by elimination: what changed of the recorded inputs)"),
    };
    if cause.sets.iter().flatten().any(Changed::is_of_events) {
        let behind: Vec<String> = cause.behind.iter().map(name).collect();
        text.push_str(&match behind.as_slice() {
            [] => "; no recorded input that makes events changed".to_owned(),
            names => format!("; what makes events and changed too: {} (by elimination)", names.join(", ")),
        });
    }
    if let Some(first) = cause.opaque.first() {
        text.push_str(&format!("; not exchanged: {first}"));
        if cause.opaque.len() > 1 {
            text.push_str(&format!(", and {} more", cause.opaque.len() - 1));
        }
    }
    text
}

fn name(changed: &Changed) -> String {
    match changed {
        Changed::Procedure => "the procedure edited".to_owned(),
        Changed::Sandbox => "another tier or user of the sandbox".to_owned(),
        Changed::Profile => "the profile changed".to_owned(),
        Changed::RuleEdited(file) => format!("rule {file} edited"),
        Changed::RuleAdded(file) => format!("rule {file} added"),
        Changed::RuleRemoved(file) => format!("rule {file} removed"),
        Changed::Terms => "the procedure's check, deadline or expected rules changed".to_owned(),
        Changed::Host => "another host, kernel or package".to_owned(),
        Changed::EventsGone(kind) => format!("events of {kind} missing"),
        Changed::FieldGone(field) => format!("field {field} missing or renamed"),
        Changed::EventsNew(kind) => format!("more events of {kind}"),
        Changed::FieldNew(field) => format!("field {field} new"),
        Changed::Values(kind) => format!("other values in events of {kind}"),
        Changed::Delay => "events at another time after the act".to_owned(),
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
        let proof = d.cause.as_ref().map(|c| match c.proof {
            Proof::Shown => "shown",
            Proof::ByElimination => "by elimination",
        });
        let sets = d.cause.iter().flat_map(|c| &c.sets);
        let cause: Vec<String> =
            sets.map(|set| set.iter().map(name).collect::<Vec<_>>().join(" and ")).collect();
        vec![
            Cell::from(d.verdict.to_string()),
            d.state.word().into(),
            d.before.seen.into(),
            d.before.runs.into(),
            d.now.seen.into(),
            d.now.runs.into(),
            Cell::decimal(d.p, 3),
            changed.join("; ").into(),
            cause.join(", or ").into(),
            proof.unwrap_or_default().into(),
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
        "cause",
        "proof",
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
