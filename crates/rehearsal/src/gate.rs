//! A run held against the limits of a workspace.

use assess::gate::Paired;
use model::diagnostic::Diagnostic;
use model::gate::{Acceptance, Answer, GATE_VERSION, Gate, Judge, Limit, Measure, Requirement, Scope};
use model::id::RunId;
use model::record::Record;

use crate::error::Error;
use crate::paired::paired;
use crate::workspace::{GateRules, refuse};

/// A run, and what it is held against.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The limits.
    pub rules: &'a GateRules,
    /// The run.
    pub record: &'a Record,
    /// Its id, where it has one.
    pub run: Option<&'a RunId>,
    /// The run to compare with, by the name that it was asked for.
    pub against: Option<(&'a str, &'a Record)>,
    /// The day, written as `2026-11-23`.
    pub today: &'a str,
    /// A later day: acceptances that end before it are named.
    pub soon: &'a str,
}

/// Judges a run; places of misses are named as the record names its files.
///
/// # Errors
/// [`Error::Content`] when a limit cannot be judged on this run.
pub fn gate(question: &Held<'_>) -> Result<Gate, Error> {
    let Held { rules, record, run, against, today, soon } = *question;
    refuse(&unanswerable(rules, record, against.is_some()))?;
    let paired = against.map_or_else(Paired::new, |(_, before)| paired(&rules.requirements, record, before));
    let held = assess::gate::Held {
        record,
        baseline: against.map(|(_, before)| before),
        paired: &paired,
        acceptances: &rules.acceptances,
        today,
        soon,
    };
    let judged = assess::gate::gate(&rules.requirements, held);
    Ok(Gate {
        version: GATE_VERSION,
        product: record.product.clone(),
        run: run.cloned(),
        against: against.map(|(name, _)| name.to_owned()),
        seed: record.seed,
        attack: record.matrix.version.clone(),
        answer: judged.answer,
        undecided_fails: rules.undecided_fails,
        lines: judged.lines,
        acceptances: judged.acceptances,
    })
}

fn unanswerable(rules: &GateRules, record: &Record, compared: bool) -> Vec<Diagnostic> {
    let found = assess::gate::unanswerable(&rules.requirements, record, compared).into_iter();
    let finding = |(place, why): (usize, String)| {
        let line = rules.requirements.get(place).map_or(1, |r| r.line);
        Diagnostic::error(&rules.file, "gate.unanswerable", why)
            .help("name a run with --against, judge a run that raced, or change the requirement")
            .at(line, 1)
    };
    found.map(finding).collect()
}

/// Returns whether rules that must fire did not, acceptances in force on this day taken off.
pub fn rules_lost(record: &Record, acceptances: &[Acceptance], today: &str) -> bool {
    let required = Requirement {
        measure: Measure::LostRules,
        of: Scope::All,
        limit: Limit::AtMost(0.0),
        judge: Judge::Value,
        quantile: None,
        line: 0,
    };
    let held = assess::gate::Held {
        record,
        baseline: None,
        paired: &Paired::new(),
        acceptances,
        today,
        soon: today,
    };
    let judged = assess::gate::gate(&[required], held);
    judged.lines.iter().any(|l| l.answer == Answer::Failed)
}
