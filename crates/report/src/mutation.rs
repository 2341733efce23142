//! The result of a mutation test, as text, as rows and as JSON.

use std::collections::BTreeMap;

use model::mutation::{MutationScore, Subject, Tried};

use crate::list::{Cell, Table};
use crate::number::{count, percent_range, plural};
use crate::wrap::{joined, wrap};

/// Columns of the text.
const WIDTH: usize = 80;

/// Rules without a test that are named; more are counted.
const UNTESTED: usize = 20;

/// Returns the shares, the table of faults, and what nothing noticed, by file and line.
pub fn text(score: &MutationScore) -> String {
    let sum = |of: fn(&model::mutation::OperatorScore) -> u64, rules: bool| -> u64 {
        score.operators.iter().filter(|o| !rules || o.operator.is_of_rule()).map(of).sum()
    };
    let (made, killed) = (sum(|o| o.mutants, true), sum(|o| o.killed, true));
    let mut lines = Vec::new();
    if made == 0 {
        lines.extend(wrap(
            "",
            "No rule fires on an attack that concerns it: no fault could be noticed.",
            WIDTH,
        ));
    } else {
        let faults = plural(made, "fault made in a rule", "faults made in rules");
        let share = percent_range(score.killed);
        lines.extend(wrap("", &format!("{faults}: {} noticed, {share}", count(killed)), WIDTH));
        let (all, named) = (sum(|o| o.killed, false), sum(|o| o.localised, false));
        let share = percent_range(score.localised);
        let noticed = plural(all, "noticed fault", "noticed faults");
        lines.extend(wrap("", &format!("cause named for {} of {noticed}, {share}", count(named)), WIDTH));
        let nulls = plural(score.nulls, "change that means nothing", "changes that mean nothing");
        lines.extend(wrap("", &format!("{nulls}: {} noticed", count(score.false_notices)), WIDTH));
        lines.push(String::new());
        lines.push(format!("{:<32}{:>8}{:>9}{:>13}", "fault", "made", "noticed", "cause named"));
        lines.extend(score.operators.iter().map(|own| {
            let word = own.operator.word();
            format!("{word:<32}{:>8}{:>9}{:>13}", own.mutants, own.killed, own.localised)
        }));
    }
    survivors(score, &mut lines);
    if let Ok(untested @ 1..) = u64::try_from(score.untested.len()) {
        lines.push(String::new());
        let rules = plural(untested, "rule", "rules");
        let text = "without a recorded attack that makes the rule fire: no fault could be noticed";
        lines.extend(wrap("", &format!("Left out: {rules} {text}"), WIDTH));
        let named = score.untested.iter().take(UNTESTED).map(|(_, file)| format!("       {file}"));
        lines.extend(named);
        if let Some(more @ 1..) = score.untested.len().checked_sub(UNTESTED) {
            lines.push(format!("       and {more} more; --format json names all"));
        }
    }
    for (rule, why) in &score.left_out {
        lines.extend(wrap("", &format!("{rule}: no fault was made: {why}"), WIDTH));
    }
    joined(&lines)
}

/// What no test exercises, by file.
fn survivors(score: &MutationScore, lines: &mut Vec<String>) {
    let mut files: BTreeMap<&str, Vec<&Tried>> = BTreeMap::new();
    for one in &score.survivors {
        if let Subject::Rule(_, file) = &one.of {
            files.entry(file).or_default().push(one);
        }
    }
    if files.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push("Not noticed: no recording and no benign twin exercises".to_owned());
    for (file, faults) in files {
        lines.push(file.to_owned());
        for fault in faults {
            lines.extend(wrap(&format!("{:>5}  ", fault.line), &fault.what, WIDTH));
        }
    }
}

/// Returns the survivors as rows.
pub fn table(score: &MutationScore) -> Table {
    let rows = score.survivors.iter().map(|own| {
        let (id, file) = match &own.of {
            Subject::Rule(id, file) => (id.to_string(), file.clone()),
            Subject::Recording(id) => (id.to_string(), String::new()),
        };
        vec![
            Cell::from(id),
            file.into(),
            u64::from(own.line).into(),
            own.operator.word().into(),
            own.what.clone().into(),
        ]
    });
    Table::new(["rule", "file", "line", "fault", "change"], rows)
}

/// Returns one JSON document.
pub fn json(score: &MutationScore) -> String {
    // Every shape of a record can be written as JSON.
    let mut text = serde_json::to_string_pretty(score).unwrap_or_default();
    text.push('\n');
    text
}
