//! Techniques and verdicts, down to the selection tree and the raw events.

use model::evidence::{EvidenceClass, TechniqueEvidence};
use model::id::{RuleId, TechniqueId};
use model::record::Record;
use model::verdict::{Cause, SelectionTree, Verdict};

use super::{Text, raw_event};
use crate::figures::Figures;
use crate::number::{moment, plural};
use crate::terminal::ranked_misses;
use crate::words;

/// Returns all verdicts of a technique with their cause chains.
pub(super) fn technique(record: &Record, id: &TechniqueId) -> Option<String> {
    let own: Vec<&Verdict> = record.verdicts.iter().filter(|v| &v.technique == id).collect();
    let evidence = record.evidence.techniques.get(id);
    let untested: Vec<_> = record.not_tested.iter().filter(|n| &n.technique == id).collect();
    if own.is_empty()
        && evidence.is_none()
        && untested.is_empty()
        && !record.matrix.techniques.contains_key(id)
    {
        return None;
    }
    let mut text = Text::new(&words::technique(record, id));
    if let Some(evidence) = evidence {
        let class = match &evidence.class {
            EvidenceClass::Exercised => "exercised in the sandbox".to_owned(),
            EvidenceClass::Replayed => "replayed from recordings".to_owned(),
            EvidenceClass::Reasoned { why } => format!("not measured, only reasoned about: {why}"),
            EvidenceClass::CannotExercise { reason } => format!("cannot be exercised here: {reason}"),
        };
        text.line("  ", &class);
        text.heading("Evidence (mean, 95 % interval)");
        let figures = Figures::of(record);
        for word in ["prevented", "alerted", "logged", "blind", "delay"] {
            let key = format!("{id}.{word}");
            text.line(&format!("  {word:<10} "), &format!("{}   [{key}]", figures.value(&key)));
        }
    }
    if let Some(evidence) = evidence {
        repeats(evidence, &mut text);
    }
    for item in &untested {
        text.heading("Not tested");
        text.line("  ", &format!("{}; used by {}", item.why, item.used_by.join(", ")));
    }
    let rules: Vec<String> = record
        .rules
        .values()
        .filter(|r| r.techniques.contains(id))
        .map(|r| format!("\u{201c}{}\u{201d} ({})", r.title, r.file))
        .collect();
    text.heading(&format!("Rules of this record that name it: {}", rules.len()));
    for rule in &rules {
        text.line("  - ", rule);
    }
    text.heading(&plural(own.len() as u64, "verdict", "verdicts"));
    let misses = ranked_misses(record);
    for verdict in own.iter().filter(|v| words::is_good(v)) {
        text.line("  ✓ ", &format!("{}: {}", verdict.recording, words::outcome(verdict)));
    }
    for verdict in own.iter().filter(|v| v.outcome.is_none()) {
        text.line("  – ", &format!("{}: {}", verdict.recording, words::run(&verdict.run)));
    }
    for verdict in misses.into_iter().filter(|v| &v.technique == id) {
        text.line("  ✗ ", &format!("{}: {}", verdict.recording, words::outcome(verdict)));
    }
    let worst = ranked_misses(record).into_iter().find(|v| &v.technique == id);
    for verdict in worst.or(own.first().copied()).into_iter() {
        detail(record, verdict, &mut text);
    }
    if own.len() > 1 {
        text.heading("For the others");
        for verdict in own.iter().filter(|v| Some(&v.id) != worst.map(|w| &w.id)) {
            text.raw(&format!("  feuerprobe explain {}", verdict.id));
        }
    }
    Some(text.done())
}

/// Most earlier runs that are listed of one test.
const LISTED: usize = 30;

/// Lists the earlier runs that count, newest first.
fn repeats(evidence: &TechniqueEvidence, text: &mut Text) {
    for test in &evidence.repeats {
        let number = plural(test.number(), "earlier run", "earlier runs");
        text.heading(&format!("{} with the present inputs: {number}", test.test));
        for run in test.runs.iter().rev().take(LISTED) {
            let aged = if run.aged { ", too old to earn credit" } else { "" };
            text.line("  - ", &format!("{} {}: {}{aged}", moment(run.stored), run.run, run.outcome.word()));
        }
        if test.runs.len() > LISTED {
            text.line("  - ", &format!("and {} older ones", test.runs.len() - LISTED));
        }
    }
    if evidence.weights.is_some() {
        text.line(
            "  ",
            "Each test of the technique weighs the same; the one with the fewest runs bounds what all know. \
             A recording that is replayed again adds nothing.",
        );
    }
}

/// Returns one verdict by its id.
pub(super) fn verdict(record: &Record, what: &str) -> Option<String> {
    let verdict = record.verdicts.iter().find(|v| v.id.as_str() == what)?;
    let title = format!("{} on {}", words::technique(record, &verdict.technique), verdict.recording);
    let mut text = Text::new(&title);
    detail(record, verdict, &mut text);
    Some(text.done())
}

fn detail(record: &Record, verdict: &Verdict, text: &mut Text) {
    text.heading(&format!("Verdict {}", verdict.id));
    text.line("  outcome      ", &words::outcome(verdict));
    text.line("  exercise     ", &words::run(&verdict.run));
    text.line("  attribution  ", &words::attribution(verdict));
    for rule in &verdict.rules {
        text.line(
            "  fired        ",
            &format!("\u{201c}{}\u{201d} · {} · {}", rule.title, rule.id, rule.hash),
        );
    }
    for rule in &verdict.lost {
        text.line(
            "  lost rule    ",
            &format!("\u{201c}{}\u{201d} · {} · {}", rule.title, rule.id, rule.hash),
        );
    }
    for twin in &verdict.twins {
        let says = if twin.fired.is_empty() {
            "stays silent".to_owned()
        } else {
            plural(twin.fired.len() as u64, "rule fires", "rules fire")
        };
        text.line("  benign twin  ", &format!("{}: {says}", twin.recording));
    }
    if !verdict.causes.is_empty() {
        text.heading("Why it is not better, worst first");
    }
    for (place, cause) in verdict.causes.iter().enumerate() {
        text.line(
            &format!("  {}. ", place + 1),
            &format!("{}: {}", cause.link(), words::cause(record, cause)),
        );
        if let Cause::RuleSilent { nearest, .. } = cause {
            for tree in nearest {
                selection(tree, text);
            }
        }
    }
    if let Some(rule) = silent_rule(verdict) {
        text.line(
            "  repair       ",
            &format!("`feuerprobe repair {rule}` proposes an edit that makes it fire"),
        );
    }
    text.heading("Raw events");
    let mut shown = verdict.events.clone();
    for cause in &verdict.causes {
        if let Cause::RuleSilent { nearest, .. } = cause {
            shown.extend(nearest.iter().map(|t| t.event.clone()));
        }
    }
    shown.sort();
    shown.dedup();
    if shown.is_empty() {
        text.line("  ", "none: there is no telemetry that belongs to the act");
    }
    for event in shown.iter().take(3) {
        if record.samples.iter().any(|s| &s.event == event) {
            raw_event(record, event, text);
        } else {
            text.line("  event ", &event.to_string());
        }
    }
}

/// Returns the rule that should have fired: one that is expected, else the nearest.
fn silent_rule(verdict: &Verdict) -> Option<&RuleId> {
    verdict.lost.first().map(|rule| &rule.id).or_else(|| verdict.nearest())
}

pub(super) fn selection(tree: &SelectionTree, text: &mut Text) {
    text.raw("");
    text.line("     ", &format!("\u{201c}{}\u{201d} on event {}", tree.title, tree.event));
    for line in words::tree(tree) {
        let mark = if line.passed { '✓' } else { '✗' };
        let indent = " ".repeat(5 + 2 * line.depth.min(20));
        text.raw(&format!("{indent}{mark} {}", line.text));
        if let Some(actual) = line.actual {
            text.raw(&format!("{indent}    {actual}"));
        }
    }
    text.raw("");
}
